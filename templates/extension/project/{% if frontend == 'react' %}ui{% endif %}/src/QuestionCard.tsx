import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import Divider from "@mui/material/Divider";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { Code } from "./Code";
import type { Question } from "./question";
import { useQuestion, type Progress } from "./useQuestion";

const COLOURS: Record<Progress["state"], string> = {
  waiting: "warning.main",
  answered: "success.main",
  failed: "error.main",
  absent: "error.main",
};

/** A question with the state of its answer. */
export function QuestionCard({ question }: { question: Question }) {
  const [progress, askAgain] = useQuestion(question);
  const { state, status, text, platform = "–", elapsed = "–" } = progress;
  const heading = `${question.id}-heading`;
  return (
    <Card
      component="section"
      variant="outlined"
      id={question.id}
      data-state={state}
      aria-labelledby={heading}
      sx={{ padding: 3 }}
    >
      <Stack
        direction="row"
        useFlexGap
        spacing={1.5}
        sx={{ flexWrap: "wrap", alignItems: "center" }}
      >
        <Typography variant="subtitle1" component="h2" id={heading} sx={{ fontWeight: 600 }}>
          {question.heading}
        </Typography>
        <Chip
          size="small"
          variant="outlined"
          icon={<Dot colour={COLOURS[state]} />}
          label={<span data-testid="status">{status}</span>}
          sx={{ "& .MuiChip-icon": { marginLeft: 1, marginRight: 0 } }}
        />
        {state !== "absent" && (
          <Button
            variant="contained"
            disableElevation
            disabled={state === "waiting"}
            onClick={askAgain}
            data-testid="ask"
            sx={{ marginLeft: "auto" }}
          >
            Ask again
          </Button>
        )}
      </Stack>
      <Typography
        variant={state === "answered" ? "h5" : "body1"}
        component="p"
        color={state === "waiting" ? "text.secondary" : "text.primary"}
        aria-live="polite"
        data-testid="answer"
        sx={{ marginY: 3 }}
      >
        {text}
      </Typography>
      <Divider />
      <Stack
        component="dl"
        direction="row"
        useFlexGap
        sx={{ flexWrap: "wrap", columnGap: 5, rowGap: 1.5, margin: 0, paddingTop: 2 }}
      >
        <Fact name="Request">
          <Code>{question.request}</Code>
        </Fact>
        <Fact name="Platform" testId="platform">
          {platform}
        </Fact>
        <Fact name="Answered in" testId="elapsed">
          {elapsed}
        </Fact>
      </Stack>
    </Card>
  );
}

function Dot({ className, colour }: { className?: string; colour: string }) {
  return (
    <Box
      component="span"
      className={className}
      sx={{ width: 8, height: 8, borderRadius: "50%", backgroundColor: colour }}
    />
  );
}

function Fact({ name, testId, children }: { name: string; testId?: string; children: ReactNode }) {
  return (
    <div>
      <Typography variant="body2" component="dt" color="text.secondary">
        {name}
      </Typography>
      <Typography
        variant="body2"
        component="dd"
        data-testid={testId}
        sx={{ margin: 0, fontWeight: 500 }}
      >
        {children}
      </Typography>
    </div>
  );
}
