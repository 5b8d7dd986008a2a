import { useEffect, useState } from "react";
import { AbsentError, findClient, reasonOf, type Question } from "./question";

export interface Progress {
  state: "waiting" | "answered" | "failed" | "absent";
  status: string;
  text: string;
  platform?: string;
  elapsed?: string;
}

/** Asks a question at once, and again when told to. */
export function useQuestion(question: Question): [Progress, () => void] {
  const waiting: Progress = { state: "waiting", status: "Connecting", text: question.waiting };
  const [progress, setProgress] = useState(waiting);
  const [attempt, setAttempt] = useState(1);

  useEffect(() => {
    let isCurrent = true;
    void answerOf(question).then((answered) => {
      if (isCurrent) setProgress(answered);
    });
    return () => {
      isCurrent = false;
    };
  }, [question, attempt]);

  function askAgain() {
    setProgress(waiting);
    setAttempt(attempt + 1);
  }

  return [progress, askAgain];
}

async function answerOf(question: Question): Promise<Progress> {
  const started = performance.now();
  try {
    const { message, platform } = await question.ask(findClient());
    const elapsed = `${String(Math.round(performance.now() - started))} ms`;
    return { state: "answered", status: question.done, text: message, platform, elapsed };
  } catch (error) {
    if (error instanceof AbsentError) {
      return { state: "absent", status: "Unavailable", text: error.message };
    }
    return { state: "failed", status: "Failed", text: reasonOf(error) };
  }
}
