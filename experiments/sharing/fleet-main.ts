/** The process of a fleet: works a turn for each message, and answers with what it took. Ends with its parent. */
import { debianBoot } from '../frame/debian-guest.ts'
import { textDisk } from '../frame/text-disk.ts'
import { Fleet, type FleetOptions, type Orders } from './fleet.ts'
import { diskMiB } from './machine.ts'

const { options, orders } = JSON.parse(process.argv[2]!) as { options: FleetOptions; orders: Orders }
const image = { boot: await debianBoot(), disk: textDisk(diskMiB * 2 ** 20) }
const fleet = new Fleet(image, options, orders)

process.on('disconnect', () => process.exit())
process.on('message', () => void fleet.turn().then((work) => process.send!(work)))
