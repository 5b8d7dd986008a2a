// What Docker Desktop puts into an extension's page as `window.ddClient`, for a page outside of it.
//
// Reference: https://docs.docker.com/reference/api/extensions-sdk/DockerDesktopClient/
// The server evaluates this function with the settings: {identity, refused, hasVm, hasHost, themes}.
(function (settings) {
  "use strict";

  if (window.ddClient) return;

  // Pages replace fetch; what goes to the server must not pass through theirs.
  const fetch = window.fetch.bind(window);
  const beacon = navigator.sendBeacon.bind(navigator);
  const report = console.error.bind(console);
  const bridge = new URL("bridge/", document.currentScript.src).href;
  const page = Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");
  let calls = 0;

  // ---- To the server

  function message(member, args, detail = {}) {
    calls += 1;
    return { page, number: calls, member, args: plain(args), detail };
  }

  // Functions and what cannot be written as JSON do not reach Docker Desktop, either.
  function plain(args) {
    const given = args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1);
    return given.map((arg) => {
      try {
        return JSON.parse(JSON.stringify(arg) ?? "null");
      } catch {
        return String(arg);
      }
    });
  }

  async function post(path, content) {
    const answer = await fetch(bridge + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    });
    if (answer.status === 204) return {};
    if (!answer.ok) throw new Error(`the stand-in for Docker Desktop failed: ${await answer.text()}`);
    return answer.json();
  }

  async function ask(content) {
    const answer = await post("call", content);
    if (answer.error) throw failure(answer.error);
    return answer;
  }

  const call = async (action, member, args) => (await ask(message(member, args, { action }))).value;

  // A service error is a plain object with a status, anything else an Error.
  function failure(error) {
    return error.statusCode === undefined ? new Error(error.message) : error;
  }

  // For what returns nothing: a server that has gone is no fault of the page.
  function record(member, args) {
    call("record", member, args).catch(() => {});
  }

  function note(kind, member, text) {
    post("note", message(member, [], { kind, text })).catch(() => {});
  }

  // ---- Members that are not there

  // Asked for by promises, by JSON.stringify, and by tools that look at any object, not by the page's author.
  const INQUISITIVE = new Set(["then", "toJSON", "$$typeof", "nodeType", "tagName", "asymmetricMatch", "__esModule"]);

  // `absent` are members that exist, though not for this extension.
  function guarded(path, members, absent = []) {
    const expected = new Set([...INQUISITIVE, ...absent]);
    return new Proxy(members, {
      get(target, key, receiver) {
        if (typeof key === "string" && !(key in target) && !expected.has(key)) {
          expected.add(key);
          note("unknown", path + key, path + key);
        }
        return Reflect.get(target, key, receiver);
      },
    });
  }

  // ---- Command lines

  // Output of all processes arrives over one connection: a browser opens only six to a server.
  const processes = new Map();
  let listening = false;

  function listen() {
    if (listening) return;
    listening = true;
    follow().catch((error) => {
      listening = false;
      const open = [...processes.values()];
      processes.clear();
      open.forEach((process) => process.fail(error));
    });
  }

  async function follow() {
    const answer = await fetch(`${bridge}events?page=${page}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the connection to the stand-in for Docker Desktop has ended");
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      lines.filter(Boolean).forEach((line) => dispatch(JSON.parse(line)));
    }
  }

  function dispatch(event) {
    const process = processes.get(event.process);
    if (!process) return;
    if (event.close) {
      processes.delete(event.process);
      process.close(event.close);
    } else {
      process.output(event.stdout === undefined ? "stderr" : "stdout", event.stdout ?? event.stderr);
    }
  }

  // Starts a command line; `watcher` has output(name, text), close({cmd, code, signal, killed}) and fail(error).
  // Gives a function that ends it.
  function start(where, member, given, words, options, watcher, stream) {
    const { cwd, env } = options ?? {};
    const content = message(member, given, { where, words: words.map(String), cwd, env, stream });
    processes.set(content.number, watcher);
    listen();
    const started = post("start", content).then(
      (answer) => {
        if (answer.error && processes.delete(content.number)) watcher.fail(failure(answer.error));
      },
      (error) => processes.delete(content.number) && watcher.fail(error),
    );
    return () => started.then(() => post("stop", content)).catch(() => {});
  }

  // What ended well has output and nothing else, https://github.com/docker/extensions-sdk/issues/126;
  // what did not says how it ended.
  function result(end, stdout, stderr) {
    const ending = { cmd: end.cmd, killed: end.killed, signal: end.signal ?? undefined, code: end.code ?? undefined };
    return {
      ...(end.code === 0 ? {} : ending),
      stdout,
      stderr,
      lines: () => stdout.split(/\r?\n/),
      parseJsonLines: () =>
        stdout
          .split(/\r?\n/)
          .filter((line) => line.trim())
          .map((line) => JSON.parse(line)),
      parseJsonObject: () => JSON.parse(stdout),
    };
  }

  function run(where, member, given, words, options) {
    return new Promise((resolve, reject) => {
      const said = { stdout: "", stderr: "" };
      const watcher = {
        output: (name, text) => (said[name] += text),
        close: (end) => (end.code === 0 ? resolve : reject)(result(end, said.stdout, said.stderr)),
        fail: reject,
      };
      start(where, member, given, words, options, watcher, false);
    });
  }

  function spawn(where, member, given, words, options) {
    const { onOutput, onError, onClose, splitOutputLines } = options.stream;
    const rest = { stdout: "", stderr: "" };
    const say = (name, text) => guard(onOutput, { [name]: text });
    const watcher = {
      output(name, text) {
        if (!splitOutputLines) return say(name, text);
        const lines = (rest[name] + text).split("\n");
        rest[name] = lines.pop();
        lines.forEach((line) => say(name, line.replace(/\r$/, "")));
      },
      close(end) {
        Object.keys(rest).forEach((name) => rest[name] && say(name, rest[name]));
        guard(onClose, end.code ?? -1);
      },
      fail: (error) => guard(onError, error),
    };
    const close = start(where, member, given, words, options, watcher, true);
    return { close: () => void close() };
  }

  // What a page's callback throws is an error of the page, and must not stop the other callbacks.
  function guard(callback, value) {
    if (typeof callback !== "function") return;
    try {
      callback(value);
    } catch (error) {
      reportError(error);
    }
  }

  function list(args) {
    return args === undefined || args === null ? [] : [].concat(args);
  }

  function cli(where, path) {
    return guarded(`${path}.`, {
      exec(cmd, args, options) {
        const runner = options?.stream ? spawn : run;
        return runner(where, `${path}.exec`, [cmd, args, options], [cmd, ...list(args)], options);
      },
    });
  }

  // ---- The backend

  function body(data) {
    if (data === undefined) return {};
    if (typeof data === "object") return { body: JSON.stringify(data), type: "application/json" };
    return { body: String(data), type: "text/plain" };
  }

  async function request(member, given, method, url, data, headers) {
    const detail = { action: "service", method, url: String(url), headers, ...body(data) };
    const { value, status } = await ask(message(member, given, detail));
    if (method === "HEAD" || status === 204) return "";
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }

  function service(path) {
    const verbs = {};
    for (const name of ["get", "head", "delete"]) {
      verbs[name] = (url) => request(`${path}.${name}`, [url], name.toUpperCase(), url);
    }
    for (const name of ["post", "put", "patch"]) {
      verbs[name] = (url, data) => request(`${path}.${name}`, [url, data], name.toUpperCase(), url, data);
    }
    verbs.request = (config) => {
      const { url, method, headers, data } = config ?? {};
      const verb = String(method ?? "GET").toUpperCase();
      const bodiless = ["GET", "HEAD", "DELETE"].includes(verb);
      return request(`${path}.request`, [config], verb, url, bodiless ? undefined : data, headers);
    };
    return verbs;
  }

  // ---- The desktop

  function openExternal(member) {
    return (url) => {
      if (!/^https?:\/\//i.test(String(url))) throw new Error(`openExternal takes http and https only, not ${url}`);
      record(member, [url]);
    };
  }

  const recorded = (member) => (...args) => record(member, args);
  const promised = (member) => (...args) => call("record", member, args).then(() => undefined);

  function each(names, path, make) {
    return Object.fromEntries(names.map((name) => [name, make(path + name)]));
  }

  const VIEWS = [
    "viewContainers",
    "viewContainer",
    "viewContainerLogs",
    "viewContainerInspect",
    "viewContainerTerminal",
    "viewContainerStats",
    "viewImages",
    "viewImage",
    "viewVolumes",
    "viewVolume",
  ];

  function desktopUI() {
    const path = "desktopUI.";
    return guarded(path, {
      toast: guarded(`${path}toast.`, each(["success", "warning", "error"], `${path}toast.`, recorded)),
      dialog: guarded(`${path}dialog.`, {
        showOpenDialog: (options) => call("dialog", `${path}dialog.showOpenDialog`, [options]),
      }),
      navigate: guarded(`${path}navigate.`, each(VIEWS, `${path}navigate.`, promised)),
    });
  }

  function extension() {
    const members = { image: settings.identity.image };
    if (settings.hasVm) {
      const path = "extension.vm.";
      members.vm = guarded(path, {
        cli: cli("vm", `${path}cli`),
        service: guarded(`${path}service.`, service(`${path}service`)),
      });
    }
    if (settings.hasHost) {
      members.host = guarded("extension.host.", { cli: cli("host", "extension.host.cli") });
    }
    return guarded("extension.", members, ["vm", "host"]);
  }

  function docker() {
    return guarded("docker.", {
      cli: cli("docker", "docker.cli"),
      listContainers: (options) => call("containers", "docker.listContainers", [options]),
      listImages: (options) => call("images", "docker.listImages", [options]),
    });
  }

  function host() {
    const { platform, arch, hostname } = settings.identity;
    return guarded("host.", { openExternal: openExternal("host.openExternal"), platform, arch, hostname });
  }

  // ---- The first version of the API, which Docker Desktop still has on the same object

  const split = (line) => String(line).trim().split(/\s+/);

  // Its streams call back with {stdout}, {stderr} or {code}, and with an error second.
  function callback(listener) {
    return {
      stream: {
        onOutput: (data) => listener?.(data),
        onError: (error) => listener?.(undefined, error),
        onClose: (code) => listener?.({ code }),
      },
    };
  }

  const execLine = (where, member) => (line) => run(where, member, [line], split(line));
  const spawnLine = (where, member) => (cmd, args, listener) =>
    void spawn(where, member, [cmd, args], [cmd, ...list(args)], callback(listener));

  function backend() {
    return guarded("backend.", {
      ...service("backend"),
      execInContainer: (container, cmd) =>
        run("docker", "backend.execInContainer", [container, cmd], ["exec", container, ...split(cmd)]),
      execInVMExtension: execLine("vm", "backend.execInVMExtension"),
      spawnInVMExtension: spawnLine("vm", "backend.spawnInVMExtension"),
    });
  }

  function firstVersion() {
    return {
      ...(settings.hasVm ? { backend: backend() } : {}),
      ...each(["toastSuccess", "toastWarning", "toastError"], "", recorded),
      ...each(["navigateToContainers", "navigateToImages", "navigateToVolumes", "navigateToVolume"], "", recorded),
      ...each(
        [
          "navigateToContainer",
          "navigateToContainerLogs",
          "navigateToContainerInspect",
          "navigateToContainerStats",
          "navigateToImage",
        ],
        "",
        promised,
      ),
      listContainers: (options) => call("containers", "listContainers", [options]),
      listImages: (options) => call("images", "listImages", [options]),
      execHostCmd: execLine("host", "execHostCmd"),
      spawnHostCmd: spawnLine("host", "spawnHostCmd"),
      execDockerCmd: (cmd, ...args) => run("docker", "execDockerCmd", [cmd, ...args], [cmd, ...args]),
      spawnDockerCmd: spawnLine("docker", "spawnDockerCmd"),
      openExternal: openExternal("openExternal"),
    };
  }

  // ---- What nobody caught

  // A result or a service error is a plain object, which consoles show as "Object".
  function described(reason) {
    if (reason instanceof Error) return String(reason);
    if (reason && typeof reason === "object") {
      const { statusCode, message: text, cmd, code, signal, stderr } = reason;
      if (statusCode !== undefined) return `${reason.name} (${statusCode}): ${text}`;
      if (cmd !== undefined) return `${cmd}: ${signal ?? `exit code ${code}`}${stderr ? `: ${stderr.trim()}` : ""}`;
      try {
        return JSON.stringify(reason);
      } catch {
        return String(reason);
      }
    }
    return String(reason);
  }

  window.addEventListener("unhandledrejection", (event) => {
    const refused = event.reason instanceof Error && event.reason.message.startsWith(settings.refused);
    event.preventDefault();
    report("Uncaught (in promise)", event.reason instanceof Error ? event.reason : described(event.reason));
    note("rejection", "unhandledrejection", refused ? event.reason.message : described(event.reason));
  });

  // A page that comes back from the browser's memory starts processes no more; Docker Desktop keeps none either.
  window.addEventListener("pagehide", () => beacon(`${bridge}leave?page=${page}`));

  // ---- All of it

  window.ddClient = guarded(
    "",
    { extension: extension(), desktopUI: desktopUI(), docker: docker(), host: host(), ...firstVersion() },
    // Extensions of Docker's own ask for analytics, and do without where there is none.
    ["backend", "analytics"],
  );
  // docker-mui-theme reads these without looking whether they are there.
  window.__ddMuiV5Themes = settings.themes;
  window.__ddMuiV6Themes = structuredClone(settings.themes);
})
