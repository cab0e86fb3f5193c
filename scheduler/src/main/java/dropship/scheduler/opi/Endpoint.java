package dropship.scheduler.opi;

import java.io.IOException;

/** One row of the table of the API. */
record Endpoint(Action action, Refusal refusal) {
  /** What is done. Blocks; what it throws is answered by the refusal. */
  interface Action {
    Answer on(Request request) throws IOException;
  }

  /** How it is said that nothing was done. */
  interface Refusal {
    /**
     * The answer.
     *
     * @param status 503 for what may work another time
     */
    Answer because(Request request, int status, String reason);
  }
}
