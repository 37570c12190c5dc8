import { boot, bootNext } from './boot/boot.ts'
import { optionRom } from './boot/option-roms.ts'
import { post } from './boot/post.ts'
import type { Service } from './context.ts'
import { diskService } from './disk/services.ts'
import { keyboardInterrupt, pause } from './keyboard/interrupt.ts'
import { keyboardService } from './keyboard/services.ts'
import { pci32Service } from './pci/services.ts'
import type { ServiceName } from './rom/programs.ts'
import { clockInterrupt } from './system/clock.ts'
import { equipment, memorySize } from './system/equipment.ts'
import { mouseInterrupt } from './system/mouse.ts'
import { printer, printScreen } from './system/printer.ts'
import { serialService } from './system/serial.ts'
import { systemService } from './system/services.ts'
import { tick } from './system/tick.ts'
import { timeService } from './system/time.ts'
import { unexpectedInterrupt } from './system/interrupts.ts'
import { videoService } from './video/services.ts'

/** Every service by the name that the ROM's programs call it. */
export const SERVICES: Readonly<Record<ServiceName, Service>> = {
  post,
  'option-rom': optionRom,
  tick,
  'keyboard-interrupt': keyboardInterrupt,
  'mouse-interrupt': mouseInterrupt,
  'clock-interrupt': clockInterrupt,
  video: videoService,
  equipment,
  'memory-size': memorySize,
  disk: diskService,
  serial: serialService,
  system: systemService,
  keyboard: keyboardService,
  printer,
  'print-screen': printScreen,
  'boot-next': bootNext,
  boot,
  time: timeService,
  pause,
  'unexpected-interrupt': unexpectedInterrupt,
  pci32: pci32Service,
}
