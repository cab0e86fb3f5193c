package dropship.blobstore.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RangeHeaderTest {
  private static final long SIZE = 2048;

  @ParameterizedTest
  @CsvSource({
    "bytes=500-1499, 500, 1000",
    "bytes=500-, 500, 1548",
    "bytes=-500, 1548, 500",
    "bytes=2000-5000, 2000, 48",
    "bytes=0-0, 0, 1",
    "bytes=0-, 0, 2048",
    "bytes=2047-2047, 2047, 1",
    "bytes=-5000, 0, 2048",
    "bytes= 1 - 2 , 1, 2"
  })
  void readsOneRange(String header, long offset, long length) {
    assertThat(RangeHeader.parse(header, SIZE)).contains(new ByteRange(offset, length));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=500-0",
        "bytes=5000-10000",
        "bytes=2048-",
        "bytes=-0",
        "bytes=-",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "bytes=99999999999999999999-"
      })
  void refusesWhatItCannotServe(String header) {
    assertThatThrownBy(() -> RangeHeader.parse(header, SIZE))
        .isInstanceOfSatisfying(
            RangeRefused.class, refused -> assertThat(refused.status()).isEqualTo(416));
  }

  @Test
  void ignoresOtherUnits() {
    assertThat(RangeHeader.parse("lines=1-2", SIZE)).isEmpty();
    assertThat(RangeHeader.parse(null, SIZE)).isEmpty();
  }

  @Test
  void findsNoRangeInNothing() {
    assertThatThrownBy(() -> RangeHeader.parse("bytes=0-", 0)).isInstanceOf(RangeRefused.class);
  }

  @Test
  void asksForOneRangeWhereThereAreSeveral() {
    assertThatThrownBy(() -> RangeHeader.parse("bytes=1-2,5-6", SIZE))
        .isInstanceOfSatisfying(
            RangeRefused.class, refused -> assertThat(refused.status()).isEqualTo(400));
  }
}
