// A model service made of nothing but Node's standard library and the contract's text.
// `FAULT` names one rule that it then breaks.
'use strict'
const http = require('http')
const crypto = require('crypto')

const token = process.env.TOKEN, gateway = process.env.GATEWAY, fault = process.env.FAULT || ''
const inputs = [
  { name: 'length', type: 'number' }, { name: 'petals', type: 'integer' },
  { name: 'wild', type: 'boolean' }, { name: 'soil', type: 'string' },
].map(one => ({ ...one, column: one.name, required: true, nullable: false, unit: '' }))
const classes = ['no', 'yes']
const signature = { inputs, classes, task: 'classification',
  target: { name: 'blooms', column: 'blooms', type: 'string', required: true, nullable: false, unit: '' } }
const types = { number: Number.isFinite, integer: Number.isInteger,
  boolean: value => typeof value === 'boolean', string: value => typeof value === 'string' }
const store = new Map(), jobs = new Map()
let loaded = keep({ offset: -2, trained_at: new Date().toISOString(), rows: 0 })

class Refusal extends Error {
  constructor (status, code, message, field) { super(message); Object.assign(this, { status, code, field }) }
}

function keep (model) {
  const sha256 = crypto.createHash('sha256').update(JSON.stringify(model)).digest('hex')
  store.set(sha256, model)
  return sha256
}

function check (row, number) {
  if (row === null || typeof row !== 'object' || Array.isArray(row)) {
    throw new Refusal(422, 'invalid_input', 'a row must be an object', `instances[${number}]`)
  }
  for (const { name, type } of inputs) {
    const field = fault === 'anonymous' ? '' : `instances[${number}].${name}`
    if (!(name in row) && fault !== 'lenient-missing') throw new Refusal(422, 'invalid_input', `${field} is required`, field)
    if (name in row && !(fault === 'lenient-null' && row[name] === null) && !types[type](row[name])) {
      if (fault === 'crash-on-type') throw new TypeError('no ' + type)
      throw new Refusal(422, 'invalid_input', `${field} must be of type ${type}`, field)
    }
  }
  const strange = Object.keys(row).find(name => !inputs.some(one => one.name === name))
  if (strange && fault !== 'lenient-unknown') {
    throw new Refusal(422, 'invalid_input', `${strange} is no input`, `instances[${number}].${strange}`)
  }
}

function predict ({ instances }) {
  if (!Array.isArray(instances) || (!instances.length && fault !== 'empty')) {
    throw new Refusal(422, 'invalid_input', 'instances must be a list of rows', 'instances')
  }
  if (fault === 'small' && instances.length > 1000) throw new Refusal(413, 'too_large', 'too many rows')
  instances.forEach(check)
  const { offset } = store.get(loaded)
  const yes = instances.map((row, number) =>
    1 / (1 + Math.exp(-(row.length + row.petals / 4 + (row.wild ? 1 : 0) - row.soil.length / 2 + offset +
      (fault === 'batch' ? number / 10 : 0)))))
  const probabilities = yes.map(one =>
    fault === 'order' ? [one, 1 - one] : fault === 'sum' ? [1 - one, one * 1.1] : [1 - one, one])
  if (fault === 'order') return { predictions: yes.map(one => classes[one > 0.5 ? 1 : 0]), probabilities, classes: ['yes', 'no'], revision: loaded }
  const answer = { predictions: yes.map(one => classes[one > 0.5 ? 1 : 0]), probabilities, classes, revision: loaded }
  if (fault === 'empty' && !instances.length) throw new Error('nothing to do')
  if (fault === 'short') answer.predictions.pop()
  if (fault === 'shuffled') answer.predictions.reverse()
  if (fault === 'class') answer.predictions[0] = 'perhaps'
  if (fault === 'silent-revision') delete answer.revision
  return answer
}

async function train (job, address) {
  try {
    const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    const rows = (await answer.text()).trim().split('\n').map(line => JSON.parse(line))
    for (let step = 1; step <= 5; step++) {
      Object.assign(job, { state: 'running', progress: fault === 'progress' ? 1 - step / 10 : step / 6, message: `step ${step}` })
      await new Promise(resolve => setTimeout(resolve, 150))
    }
    const offset = rows.filter(row => row.blooms === 'yes').length / rows.length - 2
    const revision = keep({ offset, trained_at: new Date().toISOString(), rows: rows.length })
    Object.assign(job, { state: fault === 'state' ? 'finished' : 'done', progress: 1, message: 'trained', revision, metrics: {} })
    if (fault === 'loads-itself') loaded = revision
  } catch (error) { Object.assign(job, { state: 'failed', message: error.message }) }
}

function retrain ({ data_url: address }) {
  if (fault !== 'any-data' && new URL(address).origin !== gateway) throw new Refusal(422, 'invalid_input', 'not the gateway', 'data_url')
  const busy = [...jobs.values()].some(job => ['queued', 'running'].includes(job.state))
  if (busy && fault !== 'two-jobs') throw new Refusal(409, 'conflict', 'it is being trained already')
  const id = crypto.randomUUID(), job = { id, state: 'queued', progress: 0, message: '', revision: '', metrics: {} }
  jobs.set(id, job)
  train(job, address)
  return { job: id }
}

function revision ({ revision: wanted }) {
  if (!store.has(wanted) && fault !== 'any-revision') throw new Refusal(404, 'not_found', 'no such revision')
  if (store.has(wanted)) loaded = wanted
  return { revision: wanted }
}

function model () {
  const { rows, trained_at } = store.get(loaded)
  const facts = { project: 'garden', version: 'A', revision: loaded, task: 'classification', signature, library: 'none 1.0', trained_at, rows }
  if (fault === 'facts') delete facts.library
  return facts
}

function route (method, path, text) {
  if (path === '/health') { if (fault === 'sick') throw new Refusal(503, 'unavailable', 'loading'); return [200, { status: 'ok' }] }
  if (method === 'GET' && path === '/model') return [200, model()]
  if (method === 'GET' && path.startsWith('/retrain/')) {
    const job = jobs.get(path.slice(9))
    if (!job) throw new Refusal(404, 'not_found', 'no such job')
    return [200, job]
  }
  let body
  try { body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) } catch {
    throw new Refusal(fault === 'json' ? 500 : 400, 'invalid_json', 'the body is not JSON')
  }
  if (fault === 'hangs-up' && path === '/predict') return null
  body = body === null ? {} : body
  if (path === '/predict') return [200, predict(body)]
  if (path === '/retrain') return [202, retrain(body)]
  if (path === '/revision') return [200, revision(body)]
  throw new Refusal(404, 'not_found', 'no such route')
}

const server = http.createServer((request, response) => {
  const parts = []
  request.on('data', part => parts.push(part)).on('end', () => {
    let status, answer
    try {
      const open = request.url === '/health' ? fault !== 'closed-health' : fault === 'open-predict' && request.url === '/predict'
      if (!open && request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'unauthorized', 'a token is wanted')
      const routed = route(request.method, request.url, Buffer.concat(parts))
      if (!routed) return request.socket.destroy();
      [status, answer] = routed
    } catch (error) {
      status = error.status || (fault === 'trace' || fault === 'crash-on-type' ? 422 : 500)
      const message = error.status && fault !== 'trace' ? error.message : error.stack
      answer = { error: { code: error.code || 'internal', message, field: error.field || '' } }
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => process.exit(0))
