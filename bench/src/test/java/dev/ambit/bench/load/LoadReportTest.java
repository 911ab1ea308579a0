package dev.ambit.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class LoadReportTest {
    @Property
    void line_anyNumbers_readBack(
            @ForAll @AlphaChars @StringLength(min = 1, max = 8) String name, @ForAll long value) {
        var report = new LoadReport(Map.of(name, value));

        assertThat(LoadReport.parse(report.line())).contains(report);
    }

    @Property
    void parse_anyText_neverThrows(@ForAll String text) {
        assertThat(LoadReport.parse("RESULT " + text)).isNotNull();
    }

    @Test
    void parse_otherLine_isNone() {
        assertThat(LoadReport.parse("READY")).isEmpty();
        assertThat(LoadReport.parse("RESULT p50=fast")).isEmpty();
    }

    @Test
    void get_missing_saysWhatIsThere() {
        assertThatThrownBy(() -> new LoadReport(Map.of("p50", 3L)).get("p99"))
                .hasMessageContaining("p99")
                .hasMessageContaining("p50=3");
    }
}
