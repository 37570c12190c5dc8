/** A turn of the runtime's event loop that costs microseconds, so that input, timers and other machines get theirs. */
export const turn: () => Promise<void> = pickTurn()

function pickTurn(): () => Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
  if (setImmediate) return () => new Promise((resolve) => void setImmediate(resolve))
  return () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(0)
    })
}
