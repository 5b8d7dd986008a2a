import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import CardContent from "@mui/material/CardContent";
import Chip, { type ChipProps } from "@mui/material/Chip";
import Divider from "@mui/material/Divider";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import type { Question } from "./question";
import { useQuestion, type Progress } from "./useQuestion";

const COLOURS: Record<Progress["state"], ChipProps["color"]> = {
  waiting: "warning",
  answered: "success",
  failed: "error",
  absent: "error",
};

/** A question with the state of its answer. */
export function QuestionCard({ question }: { question: Question }) {
  const [{ state, status, text, platform = "–", elapsed = "–" }, ask] = useQuestion(question);
  const heading = `${question.id}-heading`;
  return (
    <Card
      component="section"
      variant="outlined"
      id={question.id}
      data-state={state}
      aria-labelledby={heading}
    >
      <CardContent>
        <Stack direction="row" spacing={1.5} sx={{ alignItems: "center" }}>
          <Typography component="h2" variant="subtitle1" id={heading}>
            {question.heading}
          </Typography>
          <Chip size="small" color={COLOURS[state]} label={status} data-testid="status" />
          {state !== "absent" && (
            <Button
              variant="contained"
              size="small"
              disabled={state === "waiting"}
              onClick={ask}
              data-testid="ask"
              sx={{ marginLeft: "auto !important" }}
            >
              Ask again
            </Button>
          )}
        </Stack>
        <Typography
          variant={state === "answered" ? "h5" : "body1"}
          component="p"
          aria-live="polite"
          data-testid="answer"
          sx={{ marginY: 3, overflowWrap: "anywhere" }}
        >
          {text}
        </Typography>
        <Divider />
        <Stack component="dl" direction="row" spacing={5} sx={{ margin: 0, paddingTop: 2 }}>
          <Fact name="Request">
            <code>{question.request}</code>
          </Fact>
          <Fact name="Platform" testId="platform">
            {platform}
          </Fact>
          <Fact name="Answered in" testId="elapsed">
            {elapsed}
          </Fact>
        </Stack>
      </CardContent>
    </Card>
  );
}

function Fact({ name, testId, children }: { name: string; testId?: string; children: ReactNode }) {
  return (
    <div>
      <Typography component="dt" variant="body2" color="text.secondary">
        {name}
      </Typography>
      <Box component="dd" data-testid={testId} sx={{ margin: 0 }}>
        {children}
      </Box>
    </div>
  );
}
