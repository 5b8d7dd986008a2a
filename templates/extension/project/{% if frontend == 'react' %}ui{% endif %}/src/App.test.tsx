import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import about from "./about.json";
import { App } from "./App";
import { questions } from "./cards";

afterEach(cleanup);

test("outside Docker Desktop the page says why nothing answers", async () => {
  render(<App />);

  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(about.title);
  expect(await screen.findAllByText(/runs outside Docker Desktop/)).toHaveLength(questions.length);
  expect(screen.queryByRole("button")).toBeNull();
});
