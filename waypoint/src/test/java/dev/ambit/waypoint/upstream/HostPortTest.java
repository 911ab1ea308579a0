package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HostPortTest {
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    a.example,        a.example,   80
                    a.example:8080,   a.example,   8080
                    10.0.0.1:1,       10.0.0.1,    1
                    [fd00::1]:443,    fd00::1,     443
                    [fd00::1],        fd00::1,     80
                    fd00::1,          fd00::1,     80
                    '',               ,
                    :80,              ,
                    a:,               ,
                    a:x,              ,
                    a:65536,          ,
                    a:999999,         ,
                    [fd00::1,         ,
                    [fd00::1]x,       ,
                    []:80,            ,
                    """)
    void parse_authority_isHostAndPort(String text, String host, Integer port) {
        var parsed = HostPort.parse(text, 80);
        assertThat(parsed).isEqualTo(host == null ? null : new HostPort(host, port));
    }

    @Tag("fuzz")
    @Property(tries = 500)
    void parse_anything_neverThrows_andPortsAreInRange(
            @ForAll @StringLength(max = 12) @Chars({'[', ']', ':', '0', '9', 'a', '.'})
                    String text) {
        var parsed = HostPort.parse(text, 80);
        if (parsed != null) {
            assertThat(parsed.port()).isBetween(0, 65_535);
            assertThat(text).contains(parsed.host());
        }
    }
}
