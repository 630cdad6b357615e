/** A page in a browser that publishes: no Node, no types of Node. */
import { Publisher } from 'sekali/client'

const publisher = new Publisher({ url: location.origin, topic: 'clicks', source: 'page' })
document.addEventListener('click', ({ x, y }) => publisher.enqueue({ payload: { x, y } }))
