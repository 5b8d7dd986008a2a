"use strict";

// Nothing tells a page when its backend listens, and the page may well be first: ask until it answers.
const PATIENCE = 15_000; // milliseconds, all attempts together
const PAUSE = 500; // milliseconds between two attempts

const element = (id) => document.getElementById(id);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function show(state, status, answer, { platform = "–", elapsed = "–" } = {}) {
  element("backend").dataset.state = state;
  element("status").textContent = status;
  element("answer").textContent = answer;
  element("platform").textContent = platform;
  element("elapsed").textContent = elapsed;
}

/** The backend's client, or the reason why there is none. */
function findService() {
  const client = window.ddClient;
  if (!client) {
    return { absence: "This page runs outside Docker Desktop: window.ddClient is missing, so it cannot reach its backend." };
  }
  const service = client.extension?.vm?.service;
  if (!service) {
    return { absence: "This extension was installed without a backend: check vm.exposes.socket in metadata.json." };
  }
  return { service };
}

function within(milliseconds, promise) {
  const late = pause(milliseconds).then(() => {
    throw new Error(`no answer within ${PATIENCE / 1000} seconds`);
  });
  return Promise.race([promise, late]);
}

/** Whether the socket may simply not be open yet; any other status is the backend's own answer. */
function notReady(error) {
  return [undefined, 502, 503, 504].includes(error?.statusCode);
}

async function get(service, path) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      const body = await within(deadline - performance.now(), service.get(path));
      // Some releases of Docker Desktop wrap the body: https://github.com/ngrok/ngrok-docker-extension/pull/23
      return body?.data ?? body;
    } catch (error) {
      if (performance.now() + PAUSE > deadline || !notReady(error)) throw error;
      await pause(PAUSE);
    }
  }
}

function explain(error) {
  const reason = typeof error === "string" ? error : (error?.message ?? JSON.stringify(error));
  const status = error?.statusCode ? ` with status ${error.statusCode}` : "";
  return `GET /hello failed${status}: ${reason}`;
}

async function ask() {
  const { service, absence } = findService();
  if (absence) {
    show("absent", "Unavailable", absence);
    return;
  }
  element("ask").disabled = true;
  show("waiting", "Connecting", "Waiting for the backend…");
  const started = performance.now();
  try {
    const answer = await get(service, "/hello");
    if (typeof answer?.message !== "string") throw new Error(`unexpected answer ${JSON.stringify(answer)}`);
    const elapsed = `${Math.round(performance.now() - started)} ms`;
    show("answered", "Running", answer.message, { platform: answer.platform, elapsed });
  } catch (error) {
    show("failed", "Failed", explain(error));
  } finally {
    element("ask").disabled = false;
  }
}

element("ask").addEventListener("click", ask);
ask();
