import Box from "@mui/material/Box";
import Card from "@mui/material/Card";
import CardContent from "@mui/material/CardContent";
import Container from "@mui/material/Container";
import Stack from "@mui/material/Stack";
import Typography from "@mui/material/Typography";
import about from "./about.json";
import { places, questions } from "./cards";
import { QuestionCard } from "./QuestionCard";

export function App() {
  return (
    <Container sx={{ paddingY: 5 }}>
      <Box component="header" sx={{ marginBottom: 4 }}>
        <Typography variant="h1">{about.title}</Typography>
        <Typography color="text.secondary">{about.description}</Typography>
      </Box>
      <Stack component="main" spacing={2}>
        {questions.map((question) => (
          <QuestionCard key={question.id} question={question} />
        ))}
        <Typography component="h2" variant="subtitle1">
          Make it yours
        </Typography>
        <Stack direction="row" spacing={2}>
          {places.map(({ path, what }) => (
            <Card key={path} variant="outlined" sx={{ flex: 1 }}>
              <CardContent>
                <Typography component="h3" variant="subtitle2">
                  <code>{path}</code>
                </Typography>
                <Typography variant="body2" color="text.secondary">
                  {what}
                </Typography>
              </CardContent>
            </Card>
          ))}
        </Stack>
      </Stack>
    </Container>
  );
}
