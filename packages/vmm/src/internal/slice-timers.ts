import { ClockTimers, type TimerHandle } from '@mica-vm/pc-devices'

/** Timers that notice when a device asks for a time before the end of the slice that is running. */
export class SliceTimers extends ClockTimers {
  /** End of the running slice in guest time; -Infinity while none runs. */
  sliceEndNs: number = -Infinity
  /** Called when the slice has to end earlier. */
  onEarlier: () => void = () => {}

  override schedule(deadlineNs: number, callback: () => void): TimerHandle {
    const handle = super.schedule(deadlineNs, callback)
    if (deadlineNs < this.sliceEndNs) {
      this.sliceEndNs = deadlineNs
      this.onEarlier()
    }
    return handle
  }
}
