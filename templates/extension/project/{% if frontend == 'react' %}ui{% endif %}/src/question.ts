import { createDockerDesktopClient } from "@docker/extension-api-client";

export type Client = ReturnType<typeof createDockerDesktopClient>;

/** What is asked of whom, and the words of its card. */
export interface Question {
  /** The id of its card. */
  id: string;
  heading: string;
  /** The request as people read it. */
  request: string;
  waiting: string;
  /** The state once there is an answer. */
  done: string;
  ask: (client: Client) => Promise<Answer>;
}

export interface Answer {
  message: string;
  platform?: string;
}

/** There is nobody to ask, so asking again does not help. */
export class AbsentError extends Error {}

export function findClient(): Client {
  try {
    return createDockerDesktopClient();
  } catch {
    throw new AbsentError(
      "This page runs outside Docker Desktop: window.ddClient is missing, so there is nobody to ask.",
    );
  }
}

/** The reason that a call gives, which may be an error, a plain object or text. */
export function reasonOf(error: unknown): string {
  if (typeof error === "string") return error;
  const { message, stderr } = (error ?? {}) as { message?: unknown; stderr?: unknown };
  for (const reason of [message, stderr]) {
    if (typeof reason === "string" && reason.trim()) return reason.trim();
  }
  return JSON.stringify(error);
}
