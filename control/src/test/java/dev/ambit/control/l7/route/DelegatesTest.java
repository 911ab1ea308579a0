package dev.ambit.control.l7.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.TextMatch;
import dev.ambit.control.resource.route.VirtualService.Http;
import dev.ambit.control.resource.route.VirtualService.Mirroring;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which match of a delegate is within which of its root.
class DelegatesTest {
    @ParameterizedTest
    @CsvSource({
        "exact /a,   exact /a,   true",
        "exact /a,   exact /b,   false",
        "exact /a,   prefix /a,  false",
        "exact /a,   regex /a,   false",
        "exact /a,   present -,  false",
        "prefix /a,  exact /a/b, true",
        "prefix /a,  exact /b,   false",
        "prefix /a,  prefix /a,  true",
        "prefix /a/b, prefix /a, false",
        "prefix /a,  regex /a.*, false",
        "regex /a,   regex /a,   false",
        "regex /a,   exact /a,   false",
        "present -,  present -,  false",
        "none -,     exact /a,   true",
        "exact /a,   none -,     true",
        "none -,     none -,     true"
    })
    void merge_pathOfRootAndLeaf_onlyWhenTheLeafIsWithin(String root, String leaf, boolean merged) {
        var result = Delegates.merge(rule(root), rule(leaf));

        assertThat(result.isPresent()).isEqualTo(merged);
        if (merged) {
            var expected = leaf.startsWith("none") ? path(root) : path(leaf);
            assertThat(result.get().matches()).extracting(HttpMatch::uri).containsExactly(expected);
        }
    }

    @Test
    void merge_tooManyCombinations_isRefused() {
        var many = java.util.Collections.nCopies(200, HttpMatch.any());

        assertThat(Delegates.merge(rule(many), rule(many))).isEmpty();
    }

    @Test
    void merge_ports_differ_isRefused() {
        var one = rule(List.of(HttpMatch.any().withPort(80)));
        var other = rule(List.of(HttpMatch.any().withPort(81)));

        assertThat(Delegates.merge(one, other)).isEmpty();
        assertThat(Delegates.merge(one, rule(List.of(HttpMatch.any()))))
                .hasValueSatisfying(m -> assertThat(m.matches().getFirst().port()).isEqualTo(80));
    }

    private static Http rule(String path) {
        return rule(
                List.of(
                        HttpMatch.of(
                                path(path), Optional.empty(), new TreeMap<>(), new TreeMap<>())));
    }

    private static Http rule(List<HttpMatch> matches) {
        return new Http(
                "",
                matches,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new Mirroring(Optional.empty(), Optional.empty(), Optional.empty(), List.of()),
                Optional.empty(),
                Optional.empty());
    }

    private static Optional<TextMatch> path(String text) {
        var parts = text.split(" ");
        return switch (parts[0]) {
            case "exact" -> Optional.of(new TextMatch.Exact(parts[1]));
            case "prefix" -> Optional.of(new TextMatch.Prefix(parts[1]));
            case "regex" -> Optional.of(new TextMatch.Regex(parts[1]));
            case "present" -> Optional.of(new TextMatch.Present());
            default -> Optional.empty();
        };
    }
}
