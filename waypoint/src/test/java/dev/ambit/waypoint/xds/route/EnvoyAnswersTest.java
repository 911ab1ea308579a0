package dev.ambit.waypoint.xds.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import com.google.protobuf.BoolValue;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.Grpc;
import dev.ambit.waypoint.route.Requests;
import dev.ambit.waypoint.route.RetryState;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.route.Router;
import dev.ambit.waypoint.route.Timeouts;
import dev.ambit.waypoint.xds.CompileScope;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What an Envoy 1.40.0 with the routes of `routes.json` answered to requests, or sent on: the
/// status, and the cluster, the path and the headers that an application got.
class EnvoyAnswersTest {
    private static final int USE_HASH_POLICY = 5;

    /// Those that Envoy takes from callers that are not internal.
    private static final Set<String> TAKEN =
            Set.of(
                    "x-envoy-upstream-rq-timeout-ms",
                    "x-envoy-upstream-rq-per-try-timeout-ms",
                    "x-envoy-retry-on",
                    "x-envoy-retry-grpc-on",
                    "x-envoy-max-retries",
                    "x-envoy-retriable-status-codes",
                    "x-envoy-retriable-header-names",
                    "x-envoy-hedge-on-per-try-timeout",
                    "x-envoy-expected-rq-timeout-ms");

    private static String resource(String name) throws IOException {
        try (var in = EnvoyAnswersTest.class.getResourceAsStream("/route/" + name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static RouteTable table() throws Exception {
        var table = RouteConfiguration.newBuilder();
        JsonFormat.parser().merge(resource("routes.json"), table);
        for (var route : table.getVirtualHostsBuilder(0).getRoutesBuilderList()) {
            if (route.getMatch().getPrefix().equals("/uh")) {
                route.getRouteBuilder().getWeightedClustersBuilder().mergeUnknownFields(byHash());
            }
        }
        return RouteLab.compiler().compile(new CompileScope(), table.build(), RouteLab.compilers());
    }

    private static UnknownFieldSet byHash() {
        return UnknownFieldSet.newBuilder()
                .addField(
                        USE_HASH_POLICY,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(BoolValue.of(true).toByteString())
                                .build())
                .build();
    }

    static List<Arguments> answers() throws IOException {
        var answers = new ArrayList<Arguments>();
        for (var line : resource("answers.jsonl").split("\n", -1)) {
            if (!line.isEmpty()) {
                var row = JsonParser.parseString(line).getAsJsonObject();
                answers.add(
                        Arguments.of(
                                row.get("request").getAsString(), row.get("answer").getAsString()));
            }
        }
        return answers;
    }

    @ParameterizedTest
    @MethodSource("answers")
    void decide_request_isWhatEnvoyDid(String request, String answer) throws Exception {
        assertThat(answer(table(), request(request))).isEqualTo(answer);
    }

    private static RequestHead request(String text) {
        var parts = text.split(" ", -1);
        var headers = new Headers();
        var host = "web.shop";
        for (int at = 2; at < parts.length; at++) {
            int colon = parts[at].indexOf(':');
            var name = parts[at].substring(0, colon);
            var value = parts[at].substring(colon + 1);
            if (name.equals("host")) {
                host = value;
            } else if (!TAKEN.contains(name)) {
                headers.add(name, value);
            }
        }
        headers.add("x-forwarded-proto", "http");
        return new RequestHead(
                HttpVersion.HTTP_1_1, parts[0], "http", host, parts[1], headers, null);
    }

    private static String answer(RouteTable table, RequestHead request) {
        var info = Requests.info();
        return switch (Router.decide(table, request, info, 0)) {
            case RouteDecision.NoRoute _ -> "404";
            case RouteDecision.ToTls _ -> "301";
            case RouteDecision.Redirect redirect ->
                    redirect.action().status() + " location: " + redirect.location(request);
            case RouteDecision.Direct direct -> {
                var response = new ResponseHead(direct.action().status(), new Headers());
                var location = direct.location(request);
                if (!location.isEmpty()) {
                    response.headers().add("location", location);
                }
                direct.finishResponse(response, request, info);
                yield (response.status() + " " + sorted(response.headers(), new ArrayList<>()))
                        .strip();
            }
            case RouteDecision.Forward forward -> forwarded(forward, request);
        };
    }

    private static String forwarded(RouteDecision.Forward forward, RequestHead request) {
        var action = forward.action();
        if (!Set.of("c1", "c2").contains(forward.cluster())) {
            return Integer.toString(action.clusterNotFoundStatus());
        }
        Timeouts.begin(
                action.timeouts(),
                action.retry(),
                action.hedge(),
                request,
                Grpc.isRequest(request),
                new Timeouts.Options(true, false));
        request.headers().set("x-envoy-attempt-count", "1");
        forward.finishRequest(request, Requests.info(), true);
        RetryState.begin(action.retry(), request);
        request.headers().remove("x-forwarded-proto");
        var first = new ArrayList<>(List.of("host: " + request.authority()));
        return "200 "
                + forward.cluster()
                + " "
                + request.path()
                + " "
                + sorted(request.headers(), first);
    }

    private static String sorted(Headers headers, List<String> lines) {
        headers.forEach((name, value) -> lines.add(name + ": " + value));
        Collections.sort(lines);
        return String.join(" | ", lines);
    }
}
