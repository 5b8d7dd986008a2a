"use strict";

// What a page may expect of ddClient, one item each: `await runAll(address)` does all of them and leaves what it
// saw in window.results. An item that is to be rejected resolves to what it was rejected with.

const STATUSES = [400, 401, 403, 404, 451, 500, 503, 504];
const PATIENCE = 120_000; // milliseconds until a backend must answer, or a command end; a busy machine takes some
const PAUSE = 200;

const client = () => window.ddClient;
const service = () => client().extension.vm.service;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What of an answer or an error can be written down. */
function plain(value) {
  if (value === null || typeof value !== "object") return value;
  const own = Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, value[name]]));
  const named = value instanceof Error ? { name: value.name, message: value.message, ...own } : own;
  return JSON.parse(JSON.stringify(named));
}

async function rejected(promise) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    return typeof error === "string" ? { text: error } : { text: String(error), ...plain(error) };
  }
  throw new Error(`not rejected: ${JSON.stringify(plain(answer))}`);
}

/** Nothing tells a page when its backend listens. */
async function patiently(ask) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(PAUSE);
    }
  }
}

function streamed(where, command, args) {
  return new Promise((resolve, reject) => {
    const seen = { outputs: [], errors: [], exits: [] };
    const late = setTimeout(() => reject(new Error(`never closed: ${JSON.stringify(seen)}`)), PATIENCE);
    where.exec(command, args, {
      stream: {
        splitOutputLines: true,
        onOutput: (output) => seen.outputs.push(plain(output)),
        onError: (error) => seen.errors.push(String(error)),
        onClose: (code) => {
          seen.exits.push(code);
          clearTimeout(late);
          resolve(seen);
        },
      },
    });
  });
}

/** A command that would go on for longer than anybody waits. */
function closed(where, command, args) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("still running")), PATIENCE);
    const end = (how) => {
      clearTimeout(late);
      resolve(how);
    };
    const stream = { onOutput: () => running.close(), onError: () => end("error"), onClose: () => end("close") };
    const running = where.exec(command, args, { stream: { splitOutputLines: true, ...stream } });
  });
}

async function statusesOf(ask) {
  const answers = {};
  for (const status of STATUSES) answers[status] = await rejected(ask(`/status/${status}`));
  return answers;
}

const first = async (list) => plain((await list)[0]);

const ITEMS = {
  client: () => typeof client(),
  host: () => ({ platform: client().host.platform, arch: client().host.arch, hostname: client().host.hostname }),
  image: () => client().extension.image,
  "host exec": async () => plain(await client().extension.host.cli.exec("dummy.sh", ["expr", "1", "+", "1"])),
  "host stream": () => streamed(client().extension.host.cli, "dummy.sh", ["sh", "-c", "echo 4; sleep 0.2; echo 6 >&2"]),
  "host stream closed": () =>
    closed(client().extension.host.cli, "dummy.sh", ["sh", "-c", "echo begun; exec sleep 600"]),
  "host missing": () => rejected(client().extension.host.cli.exec("no-such-program", [])),
  "host failing": () => rejected(client().extension.host.cli.exec("dummy.sh", ["false"])),
  "cross-origin fetch": async (address) => (await fetch(address)).text(),
  "docker info": async () => (await client().docker.cli.exec("info", ["--format", "{{ json . }}"])).parseJsonObject(),
  "docker info quoted": async () =>
    (await client().docker.cli.exec("info", ["--format", '"{{ json . }}"'])).parseJsonObject(),
  "list images": () => first(client().docker.listImages()),
  "list containers": () => first(client().docker.listContainers()),
  "vm exec": async () => plain(await client().extension.vm.cli.exec("/bin/echo", ["xyzzy"])),
  "vm machine": async () => (await client().extension.vm.cli.exec("uname", ["-m"])).stdout.trim(),
  get: () => patiently(() => service().get("/get/etc/os-release")),
  "get absolute": (address) => service().get(address),
  "post text": () => service().post("/post", "hello"),
  "post object": () => service().post("/post", { greeting: "hello" }),
  "request object": () => service().request({ method: "POST", url: "/post", headers: {}, data: { greeting: "hello" } }),
  "get status": () => statusesOf((url) => service().get(url)),
  "post status": () => statusesOf((url) => service().post(url, "")),
};

async function run(name, address) {
  try {
    return { value: (await ITEMS[name](address)) ?? null };
  } catch (error) {
    return { error: { text: String(error), ...plain(error) } };
  }
}

window.runAll = async (address) => {
  // The first request waits for the backend, and then all others find it there.
  await run("get", address);
  const results = {};
  for (const name of Object.keys(ITEMS)) results[name] = await run(name, address);
  window.results = results;
  document.getElementById("results").textContent = JSON.stringify(results, null, 2);
  return results;
};
