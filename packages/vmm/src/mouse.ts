import type { I8042, MouseMotion } from '@mica-vm/pc-devices'

/** The mouse of a machine: PS/2, with a wheel. */
export class Mouse {
  readonly #controller: I8042

  /** @internal */
  constructor(controller: I8042) {
    this.#controller = controller
  }

  /** Moves it (`dx` to the right, `dy` upwards), turns its wheel (`dz`), presses and releases its buttons. */
  move(motion: MouseMotion): void {
    this.#controller.moveMouse(motion)
  }
}
