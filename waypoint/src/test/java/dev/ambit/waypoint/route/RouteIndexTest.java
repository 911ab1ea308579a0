package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.Regexes;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.limit.RateLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteIndexTest {
    private static Route route(int number, PathMatch match) {
        return route(number, match, List.of());
    }

    private static Route route(int number, PathMatch match, List<HeaderMatch> headers) {
        return new Route(
                "r" + number,
                new RouteMatch(
                        match,
                        headers,
                        List.of(),
                        List.of(),
                        List.of(),
                        Fraction.ALL,
                        false,
                        Optional.empty()),
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

    private static HeaderMatch header(String name, TextMatch match, boolean odd) {
        return new HeaderMatch(
                name, new HeaderMatch.Test.Text(match), odd, odd && name.equals("a"));
    }

    @Property(tries = 2000)
    @Tag("fuzz")
    void find_manyHeaders_isTheFirstThatMatches(
            @ForAll @Size(min = 8, max = 24) List<@From("headerMatches") List<HeaderMatch>> matches,
            @ForAll("values") String a,
            @ForAll("values") String b) {
        var routes = new ArrayList<Route>();
        for (int at = 0; at < matches.size(); at++) {
            routes.add(route(at, new PathMatch.Prefix("/"), matches.get(at)));
        }
        var request = a.isEmpty() ? Requests.get("/", "b", b) : Requests.get("/", "a", a, "b", b);
        String expected = null;
        for (var route : routes.reversed()) {
            if (route.match().matches("/", request, Requests.info(), 0)) {
                expected = route.name();
            }
        }
        var found = RouteIndex.of(routes).find(request, Requests.info(), 0);
        assertThat(found == null ? null : found.name()).isEqualTo(expected);
    }

    @Provide
    Arbitrary<List<HeaderMatch>> headerMatches() {
        var texts =
                Arbitraries.of(
                        new TextMatch.Exact("1"),
                        new TextMatch.Exact("2"),
                        new TextMatch.Exact(""),
                        new TextMatch.Prefix("1"));
        return Combinators.combine(
                        Arbitraries.of("a", "b"),
                        texts,
                        Arbitraries.frequency(Tuple.of(5, false), Tuple.of(1, true)))
                .as(RouteIndexTest::header)
                .list()
                .ofMaxSize(2);
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.of("1", "2", "3", "");
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
