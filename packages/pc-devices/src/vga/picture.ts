/** Pixels as red, green, blue, alpha; row after row from the top left. */
export interface Picture {
  width: number
  height: number
  data: Uint8ClampedArray
}

/** A colour as one number in the byte order of `Picture.data` seen as a little-endian word. */
export function packColor(red: number, green: number, blue: number): number {
  return ((0xff << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

/** Pixels under construction, written as words. */
export class Canvas {
  readonly width: number
  readonly height: number
  readonly #view: DataView
  readonly #data: Uint8ClampedArray

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    const buffer = new ArrayBuffer(4 * width * height)
    this.#view = new DataView(buffer)
    this.#data = new Uint8ClampedArray(buffer)
  }

  set(x: number, y: number, color: number): void {
    this.#view.setUint32(4 * (y * this.width + x), color, true)
  }

  fill(color: number): void {
    for (let i = 0; i < this.#data.length; i += 4) this.#view.setUint32(i, color, true)
  }

  get picture(): Picture {
    return { width: this.width, height: this.height, data: this.#data }
  }
}
