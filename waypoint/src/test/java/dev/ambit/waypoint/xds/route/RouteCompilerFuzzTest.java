package dev.ambit.waypoint.xds.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.waypoint.route.Requests;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.Router;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Whatever a control plane sends is understood or refused, and what is understood decides.
class RouteCompilerFuzzTest {
    private static final byte[] ROUTES = routes();

    private static byte[] routes() {
        try (var in = RouteCompilerFuzzTest.class.getResourceAsStream("/route/routes.json")) {
            assertThat(in).isNotNull();
            var table = RouteConfiguration.newBuilder();
            JsonFormat.parser().merge(new String(in.readAllBytes(), StandardCharsets.UTF_8), table);
            return table.build().toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] changed(byte[] bytes, List<Integer> places, List<Byte> octets) {
        var changed = bytes.clone();
        for (int at = 0; at < places.size(); at++) {
            changed[Math.floorMod(places.get(at), bytes.length)] = octets.get(at);
        }
        return changed;
    }

    @Property(tries = 3000)
    @Tag("fuzz")
    void compile_changedBytes_isUnderstoodOrRefused(
            @ForAll @Size(3) List<@IntRange(min = 0, max = 1 << 20) Integer> places,
            @ForAll @Size(3) List<Byte> octets) {
        try {
            var table = RouteConfiguration.parseFrom(changed(ROUTES, places, octets));
            var routes =
                    RouteLab.compiler().compile(new CompileScope(), table, RouteLab.compilers());
            for (var path : List.of("/", "/rw/a", "/re/42", "/wn", "/uh", "/r4/a?b", "/m?q=1")) {
                var request = Requests.get(path, "x-u", "a", "x-n", "7");
                var decision = Router.decide(routes, request, Requests.info(), -1);
                if (decision instanceof RouteDecision.Forward forward) {
                    forward.finishRequest(request, Requests.info(), true);
                } else if (decision instanceof RouteDecision.Redirect redirect) {
                    assertThat(redirect.location(request)).isNotNull();
                }
            }
        } catch (InvalidProtocolBufferException | Refused expected) {
            assertThat(expected).hasMessageNotContaining("null");
        }
    }

    private static void filter(
            String type, Message prototype, String json, List<Integer> places, List<Byte> octets)
            throws Exception {
        var builder = prototype.newBuilderForType();
        JsonFormat.parser().merge(json, builder);
        var bytes = changed(builder.build().toByteArray(), places, octets);
        var any =
                Any.newBuilder()
                        .setTypeUrl(
                                "type.googleapis.com/"
                                        + prototype.getDescriptorForType().getFullName())
                        .setValue(ByteString.copyFrom(bytes))
                        .build();
        try {
            RouteLab.compilers()
                    .http("envoy.extensions.filters.http." + type)
                    .orElseThrow()
                    .compile(new CompileScope(), "f", any);
        } catch (Refused expected) {
            assertThat(expected).hasMessageNotContaining("null");
        }
    }

    @Property(tries = 1500)
    @Tag("fuzz")
    void filters_changedBytes_areUnderstoodOrRefused(
            @ForAll @Size(2) List<@IntRange(min = 0, max = 1 << 16) Integer> places,
            @ForAll @Size(2) List<Byte> octets)
            throws Exception {
        filter(
                "fault.v3.HTTPFault",
                HTTPFault.getDefaultInstance(),
                "{abort:{http_status:555,percentage:{numerator:100}},delay:{fixed_delay:'1s',"
                        + "percentage:{numerator:1}},headers:[{name:x,string_match:{exact:y}}]}",
                places,
                octets);
        filter(
                "local_ratelimit.v3.LocalRateLimit",
                LocalRateLimit.getDefaultInstance(),
                "{stat_prefix:s,token_bucket:{max_tokens:5,tokens_per_fill:1,fill_interval:'1s'},"
                        + "descriptors:[{entries:[{key:a},{key:b,value:c}],token_bucket:{max_tokens:1,"
                        + "fill_interval:'60s'}}],rate_limits:[{actions:[{request_headers:"
                        + "{header_name:x,descriptor_key:a}}]}]}",
                places,
                octets);
        filter(
                "ratelimit.v3.RateLimit",
                RateLimit.getDefaultInstance(),
                "{domain:d,timeout:'0.1s',rate_limit_service:{grpc_service:{envoy_grpc:"
                        + "{cluster_name:rl}}}}",
                places,
                octets);
    }
}
