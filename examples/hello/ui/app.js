"use strict";

// Nothing tells a page when its backend listens, and the page may well be first: ask until it answers.
const PATIENCE = 15_000; // milliseconds, all attempts together
const PAUSE = 500; // milliseconds between two attempts

/** What each card asks, by the id of the card. */
const QUESTIONS = {
  backend: { waiting: "Waiting for the backend…", done: "Running", ask: askBackend },
};

/** There is nobody to ask, so asking again does not help. */
class AbsentError extends Error {}

function show(card, state, { status, text, platform = "–", elapsed = "–" }) {
  const shown = { status, answer: text, platform, elapsed };
  for (const [name, value] of Object.entries(shown)) part(card, name).textContent = value;
  part(card, "ask").disabled = state === "waiting";
  card.dataset.state = state;
}

function part(card, name) {
  return card.querySelector(`[data-testid="${name}"]`);
}

async function answer(card, question) {
  show(card, "waiting", { status: "Connecting", text: question.waiting });
  const started = performance.now();
  try {
    const { message, platform } = await question.ask(findClient());
    const elapsed = `${Math.round(performance.now() - started)} ms`;
    show(card, "answered", { status: question.done, text: message, platform, elapsed });
  } catch (error) {
    if (error instanceof AbsentError) {
      show(card, "absent", { status: "Unavailable", text: error.message });
    } else {
      show(card, "failed", { status: "Failed", text: reasonOf(error) });
    }
  }
}

function findClient() {
  if (window.ddClient) return window.ddClient;
  throw new AbsentError(
    "This page runs outside Docker Desktop: window.ddClient is missing, so there is nobody to ask.",
  );
}

/** The reason that a call gives, which may be an error, a plain object or text. */
function reasonOf(error) {
  if (typeof error === "string") return error;
  const reasons = [error?.message, error?.stderr].filter((reason) => reason?.trim?.());
  return reasons[0]?.trim() ?? JSON.stringify(error);
}

async function askBackend(client) {
  const service = client.extension?.vm?.service;
  if (!service) {
    throw new AbsentError(
      "This extension was installed without a backend: check vm.exposes.socket in metadata.json.",
    );
  }
  let body;
  try {
    body = await get(service, "/hello");
  } catch (error) {
    const status = error?.statusCode ? ` with status ${error.statusCode}` : "";
    throw new Error(`GET /hello failed${status}: ${reasonOf(error)}`, { cause: error });
  }
  if (typeof body?.message !== "string") {
    throw new Error(`GET /hello failed: unexpected answer ${JSON.stringify(body)}`);
  }
  return body;
}

async function get(service, path) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      const body = await within(deadline - performance.now(), service.get(path));
      // Some releases of Docker Desktop wrap the body: https://github.com/ngrok/ngrok-docker-extension/pull/23
      return body?.data ?? body;
    } catch (error) {
      if (performance.now() + PAUSE > deadline || !isNotReady(error)) throw error;
      await pause(PAUSE);
    }
  }
}

/** Whether the socket may simply not be open yet; any other status is the backend's own answer. */
function isNotReady(error) {
  return [undefined, 502, 503, 504].includes(error?.statusCode);
}

function within(milliseconds, promise) {
  const late = pause(milliseconds).then(() => {
    throw new Error(`no answer within ${PATIENCE / 1000} seconds`);
  });
  return Promise.race([promise, late]);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function ask() {
  for (const [id, question] of Object.entries(QUESTIONS)) {
    const card = document.getElementById(id);
    part(card, "ask").onclick = () => answer(card, question);
    answer(card, question);
  }
}

ask();
