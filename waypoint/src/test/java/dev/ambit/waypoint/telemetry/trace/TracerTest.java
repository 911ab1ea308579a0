package dev.ambit.waypoint.telemetry.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.telemetry.Exchanges;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.CharRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The tables are what a real Envoy 1.40 did with the same requests.
class TracerTest {
    private static final TraceConfig.Provider ZIPKIN =
            new TraceConfig.Provider.Zipkin(false, false, false);
    private static final TraceConfig.Provider WIDE =
            new TraceConfig.Provider.Zipkin(true, true, false);
    private static final TraceConfig.Provider OTLP = new TraceConfig.Provider.Otlp();
    private static final String ID = "11111111-2222-4333-8444-555555555555";
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
    private static final String TRACE = "463ac35c9f6413ad48485a3953bb6124";

    private final List<FinishedSpan> reported = new ArrayList<>();
    private long random;

    private Tracer tracer(
            TraceConfig.Provider provider, double percent, boolean byId, boolean propagate) {
        var sampling =
                new Sampling(Fraction.ALL, Sampling.percent(percent), Fraction.ALL, byId, true);
        var config = new TraceConfig(provider, sampling, List.of(), 256, false, propagate);
        return new Tracer(
                config, new SpanTags("node1", () -> "z1", 4_096), () -> ++random, reported::add);
    }

    private static StreamInfo exchange(String id, String... headers) {
        var info = new StreamInfo(Exchanges.connection("127.0.0.1:4000", 1), 5_000_000, 1_000);
        info.request = Exchanges.request("GET", "h.example", "/a?q=1", headers);
        info.requestId = id;
        if (!id.isEmpty()) {
            Exchanges.request(info).headers().add("x-request-id", id);
        }
        return info;
    }

    private StreamInfo run(Tracer tracer, StreamInfo info) {
        tracer.begin(info, Exchanges.request(info), "svc.ns:80/*", true);
        tracer.inject(info, Exchanges.request(info));
        info.response = new ResponseHead(200, new Headers());
        info.responseCode = 200;
        tracer.respond(info, Exchanges.response(info));
        info.endNanos = info.startNanos + 4_273_000;
        tracer.finish(info);
        return info;
    }

    private static TraceConfig.Provider provider(String name) {
        return switch (name) {
            case "zipkin" -> ZIPKIN;
            case "wide" -> WIDE;
            case "otlp" -> OTLP;
            default -> new TraceConfig.Provider.None();
        };
    }

    /// `given` and `sent` are fields and values; `-` says that there is none.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // A new trace: its id is the span's.
                "zipkin | 100 | - | x-b3-traceid: 0000000000000002; x-b3-spanid: 0000000000000002;"
                        + " x-b3-sampled: 1; b3: -; traceparent: - | true",
                "zipkin | 0 | - | x-b3-traceid: 0000000000000002; x-b3-sampled: 0 | false",
                "wide | 100 | - | x-b3-traceid: 00000000000000030000000000000002; x-b3-spanid:"
                        + " 0000000000000002; traceparent:"
                        + " 00-00000000000000030000000000000002-0000000000000002-01; tracestate: - |"
                        + " true",
                "otlp | 100 | - | traceparent:"
                        + " 00-00000000000000020000000000000003-0000000000000004-01; tracestate: '';"
                        + " x-b3-traceid: - | true",
                "otlp | 0 | - | traceparent:"
                        + " 00-00000000000000020000000000000003-0000000000000004-00; tracestate: '' |"
                        + " false",
                "none | 100 | - | traceparent: -; x-b3-traceid: - | false",
                // The caller's trace goes on. With B3 the caller decides alone.
                "zipkin | 100 | x-b3-traceid: 463ac35c9f6413ad48485a3953bb6124; x-b3-spanid:"
                        + " a2fb4a1d1a96d312; x-b3-sampled: 1; x-b3-parentspanid: 0020000000000001 |"
                        + " x-b3-traceid: 463ac35c9f6413ad48485a3953bb6124; x-b3-spanid:"
                        + " 0000000000000002; x-b3-parentspanid: a2fb4a1d1a96d312; x-b3-sampled: 1 |"
                        + " true",
                "zipkin | 0 | x-b3-traceid: 463ac35c9f6413ad48485a3953bb6124; x-b3-spanid:"
                        + " a2fb4a1d1a96d312; x-b3-sampled: 1 | x-b3-sampled: 1 | true",
                "zipkin | 100 | x-b3-sampled: 0 | x-b3-sampled: 0; x-b3-traceid: 0000000000000002 |"
                        + " false",
                "zipkin | 100 | b3:"
                        + " 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90 | b3:"
                        + " 80f198ee56343ba864fe8b2a57d3eff7-0000000000000002-1-e457b5a2e4d86bd1;"
                        + " x-b3-traceid: - | true",
                "zipkin | 100 | b3: zzz | b3: zzz; x-b3-traceid: - | false",
                "zipkin | 100 | traceparent:"
                        + " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | x-b3-traceid:"
                        + " 0000000000000002; traceparent:"
                        + " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | true",
                "wide | 100 | traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01;"
                        + " tracestate: a=b | x-b3-traceid: 0af7651916cd43dd8448eb211c80319c;"
                        + " x-b3-parentspanid: b7ad6b7169203331; traceparent:"
                        + " 00-0af7651916cd43dd8448eb211c80319c-0000000000000002-01; tracestate: a=b |"
                        + " true",
                // With W3C both must want it.
                "otlp | 100 | traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01;"
                        + " tracestate: a=b | traceparent:"
                        + " 00-0af7651916cd43dd8448eb211c80319c-0000000000000002-01; tracestate: a=b |"
                        + " true",
                "otlp | 0 | traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 |"
                        + " traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000002-00 |"
                        + " false",
                "otlp | 100 | traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
                        + " | traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000002-00 |"
                        + " false",
                "otlp | 100 | traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01"
                        + " | traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01;"
                        + " tracestate: - | false",
                "otlp | 100 | traceparent: xx | traceparent: xx | false",
            })
    void context_ofRequest_goesOnAsEnvoySendsIt(
            String provider, double percent, String given, String sent, boolean recorded) {
        var info =
                run(tracer(provider(provider), percent, true, true), exchange(ID, fields(given)));
        var expected = fields(sent);
        for (int at = 0; at < expected.length; at += 2) {
            assertThat(Exchanges.request(info).headers().get(expected[at]))
                    .as(expected[at])
                    .isEqualTo(value(expected[at + 1]));
        }
        assertThat(reported).hasSize(recorded ? 1 : 0);
    }

    private static String[] fields(String text) {
        if (text.equals("-")) {
            return new String[0];
        }
        var fields = new ArrayList<String>();
        for (var pair : text.split("; ", -1)) {
            int colon = pair.indexOf(": ");
            fields.add(pair.substring(0, colon));
            fields.add(pair.substring(colon + 2));
        }
        return fields.toArray(String[]::new);
    }

    private static @Nullable String value(String text) {
        return text.equals("-") ? null : text.equals("''") ? "" : text;
    }

    /// The fifteenth character of `x-request-id`.
    @ParameterizedTest
    @CsvSource({
        "11111111-2222-4333-8444-555555555555, 100, '', 11111111-2222-9333-8444-555555555555, true",
        "11111111-2222-4333-8444-555555555555, 0, '', 11111111-2222-4333-8444-555555555555, false",
        "11111111-2222-9333-8444-555555555555, 0, '', 11111111-2222-9333-8444-555555555555, true",
        "11111111-2222-b333-8444-555555555555, 0, '', 11111111-2222-b333-8444-555555555555, true",
        "11111111-2222-4333-8444-555555555555, 0, x-client-trace-id,"
                + " 11111111-2222-b333-8444-555555555555, true",
        "11111111-2222-4333-8444-555555555555, 0, x-envoy-force-trace,"
                + " 11111111-2222-a333-8444-555555555555, true",
        "abc, 100, '', abc, false",
    })
    void requestId_carriesTheReason(
            String id, double percent, String header, String packed, boolean traced) {
        var headers = header.isEmpty() ? new String[0] : new String[] {header, "1"};
        var info = run(tracer(OTLP, percent, true, true), exchange(id, headers));
        assertThat(Exchanges.request(info).headers().get("x-request-id")).isEqualTo(packed);
        assertThat(info.requestId).isEqualTo(packed);
        assertThat(reported).hasSize(traced ? 1 : 0);
    }

    @Test
    void requestId_notForSampling_tracesAllAndStaysAsItIs() {
        var info = run(tracer(OTLP, 0, false, true), exchange(ID));
        assertThat(Exchanges.request(info).headers().get("x-request-id")).isEqualTo(ID);
        assertThat(reported).hasSize(1);
    }

    @Test
    void share_isTakenOfTheRequestIdsLeadingDigits() {
        var tracer = tracer(OTLP, 1, true, true);
        // 0x2710 = 10,000 and 0x2774 = 10,100: of ten thousand, 0 and 100.
        run(tracer, exchange("00002710-2222-4333-8444-555555555555"));
        assertThat(reported).hasSize(1);
        run(tracer, exchange("00002774-2222-4333-8444-555555555555"));
        assertThat(reported).hasSize(1);
    }

    @Test
    void propagation_off_leavesHeadersAlone() {
        var info = run(tracer(OTLP, 100, true, false), exchange(ID, "traceparent", PARENT + "01"));
        assertThat(Exchanges.request(info).headers().get("traceparent")).isEqualTo(PARENT + "01");
        assertThat(reported).hasSize(1);
    }

    @Test
    void decorator_isToldToTheCaller_unlessTheCallerNamedIt() {
        var info = run(tracer(new TraceConfig.Provider.None(), 0, true, true), exchange(ID));
        assertThat(Exchanges.response(info).headers().get("x-envoy-decorator-operation"))
                .isEqualTo("svc.ns:80/*");
        var named =
                run(
                        tracer(OTLP, 100, true, true),
                        exchange(ID, "x-envoy-decorator-operation", "other"));
        assertThat(Exchanges.response(named).headers().contains("x-envoy-decorator-operation"))
                .isFalse();
        assertThat(Exchanges.request(named).headers().contains("x-envoy-decorator-operation"))
                .isFalse();
        assertThat(reported.getFirst().name()).isEqualTo("other");
    }

    @Test
    void span_hasEnvoysTags() {
        run(tracer(OTLP, 100, true, true), exchange(ID, "user-agent", "ua"));
        assertThat(reported.getFirst().tags().toString())
                .isEqualTo(
                        "{node_id=node1, zone=z1,"
                                + " guid:x-request-id=11111111-2222-9333-8444-555555555555,"
                                + " http.url=http://h.example/a?q=1, http.method=GET,"
                                + " downstream_cluster=-, user_agent=ua, http.protocol=-,"
                                + " peer.address=127.0.0.1, request_size=0, response_size=0,"
                                + " component=proxy, http.status_code=200, response_flags=-}");
    }

    @Test
    void span_ofFailures_hasAnError() {
        var info = exchange(ID, "content-type", "application/grpc");
        var tracer = tracer(OTLP, 100, true, true);
        tracer.begin(info, Exchanges.request(info), "", true);
        info.response = new ResponseHead(200, new Headers());
        info.responseCode = 200;
        info.responseTrailers = new Headers().add("grpc-status", "14").add("grpc-message", "no");
        tracer.finish(info);
        assertThat(reported.getFirst().error()).isTrue();
        assertThat(reported.getFirst().tags())
                .containsEntry("grpc.status_code", "14")
                .containsEntry("grpc.message", "no")
                .containsEntry("error", "true");
        assertThat(reported.getFirst().name()).isEqualTo("h.example");
    }

    @Test
    void zipkinJson_isWhatCollectorsTake() {
        var info =
                run(
                        tracer(ZIPKIN, 100, true, true),
                        exchange(ID, "x-b3-traceid", TRACE, "x-b3-spanid", "a2fb4a1d1a96d312"));
        assertThat(info.span).isNotNull();
        var json = new ZipkinJson("wp.shop", "10.1.1.10", false);
        var body =
                new String(
                        json.wrap(List.of(json.encode(reported.getFirst())), true),
                        StandardCharsets.UTF_8);
        assertThat(body)
                .startsWith(
                        "[{\"traceId\":\"463ac35c9f6413ad48485a3953bb6124\",\"parentId\":"
                                + "\"a2fb4a1d1a96d312\",\"id\":\"0000000000000002\",\"kind\":"
                                + "\"SERVER\",\"name\":\"svc.ns:80/*\",\"timestamp\":5000000,"
                                + "\"duration\":4273,\"localEndpoint\":{\"serviceName\":\"wp.shop\","
                                + "\"ipv4\":\"10.1.1.10\",\"port\":0},\"annotations\":[{\"timestamp\":"
                                + "5004273,\"value\":\"ss\"}],\"tags\":{\"node_id\":\"node1\",")
                .endsWith("\"response_flags\":\"-\"}}]");
        assertThat(json.wrap(List.of(), true)).asString().isEqualTo("[]");
        assertThat(
                        json.wrap(
                                List.of(
                                        "1".getBytes(StandardCharsets.UTF_8),
                                        "2".getBytes(StandardCharsets.UTF_8)),
                                true))
                .asString()
                .isEqualTo("[1,2]");
    }

    @Property(tries = 500)
    @Tag("fuzz")
    void strangersFields_neverFail(
            @ForAll @CharRange(from = ' ', to = '~') String one,
            @ForAll @CharRange(from = '-', to = 'f') String two) {
        for (var provider : List.of(ZIPKIN, WIDE, OTLP)) {
            run(tracer(provider, 100, true, true), exchange(one, "b3", two));
            run(
                    tracer(provider, 100, true, true),
                    exchange(two, "x-b3-traceid", one, "x-b3-spanid", two));
            run(tracer(provider, 100, true, true), exchange(ID, "traceparent", two));
        }
    }
}
