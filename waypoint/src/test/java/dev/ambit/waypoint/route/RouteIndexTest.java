package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.match.Regexes;
import dev.ambit.waypoint.route.limit.RateLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteIndexTest {
    private static Route route(int number, PathMatch match) {
        return new Route(
                "r" + number,
                RouteMatch.of(match),
                new RouteAction.Direct(200, Optional.empty()),
                List.of(),
                List.of(),
                StageConfigs.NONE,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                "",
                0,
                new HostOptions("h", false, false, false, RateLimits.NONE));
    }

    @Test
    void find_earlierCatchAll_winsOverALongerPrefix() {
        var index =
                RouteIndex.of(
                        List.of(
                                route(0, new PathMatch.Prefix("/a")),
                                route(1, new PathMatch.Exact("/a/b")),
                                route(2, new PathMatch.Prefix("/"))));
        assertThat(name(index, "/a/b")).isEqualTo("r0");
        assertThat(name(index, "/b")).isEqualTo("r2");
        assertThat(name(index, "x")).isNull();
    }

    @Test
    void find_queryAndFragment_arePassedOver() {
        var index = RouteIndex.of(List.of(route(0, new PathMatch.Exact("/a"))));
        assertThat(name(index, "/a?x=/a/b")).isEqualTo("r0");
        assertThat(name(index, "/a#f")).isEqualTo("r0");
        assertThat(name(index, "/a/")).isNull();
    }

    @Property(tries = 2000)
    @Tag("fuzz")
    void find_anyRoutes_isTheFirstThatMatches(
            @ForAll("matches") List<PathMatch> matches, @ForAll("paths") String path) {
        var routes = new ArrayList<Route>();
        for (int at = 0; at < matches.size(); at++) {
            routes.add(route(at, matches.get(at)));
        }
        String expected = null;
        for (var route : routes.reversed()) {
            if (route.match().matches(path, Requests.get(path), Requests.info(), 0)) {
                expected = route.name();
            }
        }
        assertThat(name(RouteIndex.of(routes), path)).isEqualTo(expected);
    }

    private static @Nullable String name(RouteIndex index, String path) {
        var found = index.find(Requests.get(path), Requests.info(), 0);
        return found == null ? null : found.name();
    }

    @Provide
    Arbitrary<List<PathMatch>> matches() {
        var texts = Arbitraries.strings().withChars("aB/").ofMaxLength(4).map(t -> "/" + t);
        var regexes = Arbitraries.of("/a.*", "/[ab]", ".*", "/a|/B", "/a/b+");
        return Combinators.combine(texts, regexes, Arbitraries.integers().between(0, 6))
                .as(RouteIndexTest::match)
                .list()
                .ofMaxSize(12);
    }

    private static PathMatch match(String text, String regex, int kind) {
        return switch (kind) {
            case 0 -> new PathMatch.Exact(text);
            case 1 -> new PathMatch.ExactIgnoreCase(text);
            case 2 -> new PathMatch.PrefixIgnoreCase(text);
            case 3 -> new PathMatch.Segments(text, false);
            case 4 -> new PathMatch.Segments(text, true);
            case 5 -> new PathMatch.Regex(Regexes.compile(regex));
            default -> new PathMatch.Prefix(text);
        };
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.strings().withChars("aAbB/").ofMaxLength(5).map(t -> "/" + t);
    }
}
