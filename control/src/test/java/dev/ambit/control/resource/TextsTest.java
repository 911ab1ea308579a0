package dev.ambit.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TextsTest {
    @Test
    void duration_writtenAsGoWould_isRead() {
        assertThat(Texts.duration("5s")).contains(Duration.ofSeconds(5));
        assertThat(Texts.duration("0.5s")).contains(Duration.ofMillis(500));
        assertThat(Texts.duration(".25s")).contains(Duration.ofMillis(250));
        assertThat(Texts.duration("1.s")).contains(Duration.ofSeconds(1));
        assertThat(Texts.duration("1h30m2ms")).contains(Duration.ofMinutes(90).plusMillis(2));
        assertThat(Texts.duration("-10us")).contains(Duration.ofNanos(-10_000));
        assertThat(Texts.duration("0")).contains(Duration.ZERO);
    }

    @Test
    void duration_writtenOtherwise_isNone() {
        for (var text : new String[] {"", "5", "s", "5 s", "5d", "1s2", "--1s", "1h-1s", "1e3s"}) {
            assertThat(Texts.duration(text)).as(text).isEmpty();
        }
        assertThat(Texts.duration("3000000h")).isEmpty();
    }
}
