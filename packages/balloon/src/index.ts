export { BalloonController, type BalloonControllerOptions, type BalloonState } from './controller.ts'
export { BalloonDevice, type BalloonDeviceState } from './device.ts'
export { BalloonFeature, DEVICE_ID } from './registers.ts'
export type {
  BalloonEvent,
  BalloonOptions,
  BalloonPages,
  ControlledBalloon,
  GuestMemoryStatistics,
  PageViolation,
  Violation,
} from './types.ts'
