package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathTableTest {
  @TempDir Path scratch;
  private PathTable table;

  @BeforeEach
  void begin() {
    table = new PathTable(scratch);
  }

  @AfterEach
  void end() {
    table.close();
    assertThat(scratch).isEmptyDirectory();
  }

  @Test
  void aPathThatIsNotThereIsAbsent() throws IOException {
    table.put("a", 0);
    assertThat(table.get("b")).isEqualTo(PathTable.ABSENT);
    assertThat(table.get("")).isEqualTo(PathTable.ABSENT);
    assertThat(table.get("a")).isZero();
  }

  @Test
  void theLastValueOfAPathCounts() throws IOException {
    table.put("a", 7);
    table.put("a", Integer.MAX_VALUE);
    assertThat(table.get("a")).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void itGrowsWithoutForgettingAlsoBeyondMemory() throws IOException {
    int paths = 100_000;
    for (int i = 0; i < paths; i++) {
      table.put("home/vcap/app/" + i, i);
    }
    for (int i = 0; i < paths; i += 3) {
      table.put("home/vcap/app/" + i, paths + i);
    }
    for (int i = 0; i < paths; i++) {
      assertThat(table.get("home/vcap/app/" + i)).isEqualTo(i % 3 == 0 ? paths + i : i);
    }
    assertThat(table.get("home/vcap/app/" + paths)).isEqualTo(PathTable.ABSENT);
  }
}
