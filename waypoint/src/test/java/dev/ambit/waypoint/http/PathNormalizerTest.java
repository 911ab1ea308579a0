package dev.ambit.waypoint.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.PathNormalizer.Accepted;
import dev.ambit.waypoint.http.PathNormalizer.EscapedSlashes;
import dev.ambit.waypoint.http.PathNormalizer.Redirected;
import dev.ambit.waypoint.http.PathNormalizer.Refused;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The table says what a real Envoy makes of each path, with each setting.
class PathNormalizerTest {
    private static final List<PathNormalizer> SETTINGS =
            List.of(
                    new PathNormalizer(true, false, EscapedSlashes.KEEP),
                    new PathNormalizer(false, true, EscapedSlashes.KEEP),
                    new PathNormalizer(true, true, EscapedSlashes.KEEP),
                    new PathNormalizer(false, false, EscapedSlashes.REJECT),
                    new PathNormalizer(false, false, EscapedSlashes.UNESCAPE_AND_FORWARD),
                    new PathNormalizer(true, true, EscapedSlashes.UNESCAPE_AND_FORWARD),
                    new PathNormalizer(true, true, EscapedSlashes.UNESCAPE_AND_REDIRECT));

    record Row(String path, List<String> envoy) {
        @Override
        public String toString() {
            return path;
        }
    }

    static Stream<Row> rows() {
        return Table.rows("/http/paths.tsv").stream()
                .map(cells -> new Row(cells[0], List.of(cells).subList(1, cells.length)));
    }

    private static String text(PathNormalizer.Result result, String path) {
        return switch (result) {
            case Accepted accepted -> accepted.path().equals(path) ? "=" : accepted.path();
            case Refused _ -> "400";
            case Redirected redirected -> "307 " + redirected.path();
        };
    }

    @ParameterizedTest
    @MethodSource("rows")
    void path_withEachSetting_isWhatEnvoyMakesOfIt(Row row) {
        assertThat(SETTINGS.stream().map(setting -> text(setting.apply(row.path), row.path)))
                .isEqualTo(row.envoy);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "", "/", "/a/b.c?d=/../e", "/a%20b"})
    void path_withNothingToDo_isTheSameObject(String path) {
        var result = SETTINGS.get(2).apply(path);

        assertThat(((Accepted) result).path()).isSameAs(path);
    }

    @Test
    void octetsOutsideAscii_areEscaped() {
        assertThat(SETTINGS.get(0).apply("/\u00e4 \u007f")).isEqualTo(new Accepted("/%E4%20%7F"));
    }

    /// What has been made normal stays as it is, or an attacker could write a path that becomes
    /// another on the next hop.
    @Property(tries = 2000)
    @Tag("fuzz")
    void path_madeNormalTwice_isTheSame(@ForAll long seed) {
        var random = new Random(seed);
        var pieces =
                List.of(
                        "/", "//", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "a", "%", "%4",
                        "%41", "%25", "?", "%zz", ";", "\"", "%e4");
        var path = new StringBuilder("/");
        for (int i = 0; i < random.nextInt(12); i++) {
            path.append(pieces.get(random.nextInt(pieces.size())));
        }
        for (var setting : List.of(SETTINGS.get(0), SETTINGS.get(2))) {
            if (setting.apply(path.toString()) instanceof Accepted(String once)
                    && !once.contains("%")) {
                assertThat(setting.apply(once)).isEqualTo(new Accepted(once));
                assertThat(once.split("\\?", 2)[0]).doesNotContain("/../", "/./");
            }
        }
    }
}
