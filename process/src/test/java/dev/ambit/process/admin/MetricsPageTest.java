package dev.ambit.process.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsPageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|GZIP",
                "gzip;q=0|IDENTITY",
                "identity|IDENTITY",
                "deflate, gzip|GZIP",
                "gzip;q=0.1, deflate;q=0.9|DEFLATE",
                "*|GZIP",
                "br, zstd|IDENTITY",
                "gzip;q=nonsense|IDENTITY"
            })
    void coding_isTheBestLiked(String accept, MetricsPage.Coding expected) {
        assertThat(MetricsPage.Coding.of(accept)).isEqualTo(expected);
    }
}
