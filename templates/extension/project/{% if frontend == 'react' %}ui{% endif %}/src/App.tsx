import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import Container from "@mui/material/Container";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import about from "./about.json";
import { places, questions } from "./cards";
import { Code } from "./Code";
import { QuestionCard } from "./QuestionCard";

export function App() {
  return (
    <Container maxWidth="md" sx={{ paddingY: 5, overflowWrap: "anywhere" }}>
      <Box component="header" sx={{ marginBottom: 3.5 }}>
        <Typography component="h1" sx={{ marginBottom: 0.5, fontSize: "1.75rem", fontWeight: 600 }}>
          {about.title}
        </Typography>
        <Typography color="text.secondary">{about.description}</Typography>
      </Box>
      <Stack component="main" spacing={4}>
        {questions.map((question) => (
          <QuestionCard key={question.id} question={question} />
        ))}
        <Places />
      </Stack>
    </Container>
  );
}

function Places() {
  return (
    <section aria-labelledby="next-heading">
      <Typography variant="subtitle1" component="h2" id="next-heading" sx={{ fontWeight: 600 }}>
        Make it yours
      </Typography>
      <Box
        component="ul"
        sx={{
          display: "grid",
          gridTemplateColumns: "repeat(auto-fit, minmax(14rem, 1fr))",
          gap: 2,
          margin: 0,
          marginTop: 1.5,
          padding: 0,
        }}
      >
        {places.map(({ path, what }) => (
          <Card
            key={path}
            component="li"
            variant="outlined"
            sx={{ padding: 2.5, listStyle: "none" }}
          >
            <Typography variant="subtitle2" component="h3">
              <Code>{path}</Code>
            </Typography>
            <Typography variant="body2" color="text.secondary" sx={{ marginTop: 1 }}>
              {what}
            </Typography>
          </Card>
        ))}
      </Box>
    </section>
  );
}
