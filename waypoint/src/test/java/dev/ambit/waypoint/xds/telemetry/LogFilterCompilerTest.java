package dev.ambit.waypoint.xds.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.JsonFormat;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogFilterCompilerTest {
    private static final LogFilterCompiler COMPILER =
            new LogFilterCompiler(FormatContext.of(Exchanges.PROCESS));

    private static AccessLogFilter filter(String json) throws Exception {
        var filter = AccessLogFilter.newBuilder();
        JsonFormat.parser()
                .usingTypeRegistry(
                        JsonFormat.TypeRegistry.newBuilder()
                                .add(ExpressionFilter.getDescriptor())
                                .build())
                .merge(json, filter);
        return filter.build();
    }

    /// A POST that was answered 503 after 5 ms, of one metadata value.
    private static StreamInfo exchange() {
        var info = new StreamInfo(Exchanges.connection("10.0.0.1:1", 1), 0, 1_000_000);
        info.request = Exchanges.request("POST", "h", "/p", "x-h", "v");
        info.requestId = "00000005-0000-4000-8000-000000000000";
        info.responseCode = 503;
        info.flag(ResponseFlag.UPSTREAM_OVERFLOW);
        info.dynamicMetadata("ns", "k", "v");
        info.endNanos = info.startNanos + 5_000_000;
        return info;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | true",
                "{'notHealthCheckFilter':{}} | true",
                "{'statusCodeFilter':{'comparison':{'op':'GE','value':{'defaultValue':400}}}} |"
                        + " true",
                "{'statusCodeFilter':{'comparison':{'op':'EQ','value':{'defaultValue':400}}}} |"
                        + " false",
                "{'statusCodeFilter':{'comparison':{'op':'LE','value':{'defaultValue':503}}}} |"
                        + " true",
                "{'statusCodeFilter':{'comparison':{'op':3,'value':{'defaultValue':503}}}} |"
                        + " false",
                "{'durationFilter':{'comparison':{'op':'GE','value':{'defaultValue':5}}}} | true",
                "{'durationFilter':{'comparison':{'op':'GE','value':{'defaultValue':6}}}} | false",
                "{'responseFlagFilter':{}} | true",
                "{'responseFlagFilter':{'flags':['UF','UO']}} | true",
                "{'responseFlagFilter':{'flags':['UF']}} | false",
                "{'headerFilter':{'header':{'name':'x-h','stringMatch':{'exact':'v'}}}} | true",
                "{'headerFilter':{'header':{'name':':method','stringMatch':{'exact':'GET'}}}} |"
                        + " false",
                "{'grpcStatusFilter':{'statuses':['UNAVAILABLE']}} | true",
                "{'grpcStatusFilter':{'statuses':['UNAVAILABLE'],'exclude':true}} | false",
                "{'metadataFilter':{'matcher':{'filter':'ns','path':[{'key':'k'}],'value':{'stringMatch':{'exact':'v'}}}}}"
                        + " | true",
                "{'metadataFilter':{'matcher':{'filter':'ns','path':[{'key':'k'}],'value':{'stringMatch':{'exact':'w'}}}}}"
                        + " | false",
                "{'metadataFilter':{'matcher':{'filter':'ns','path':[{'key':'z'}],'value':{'stringMatch':{'exact':'w'}}}}}"
                        + " | true",
                "{'metadataFilter':{'matcher':{'filter':'ns','path':[{'key':'z'}],'value':{'stringMatch':{'exact':'w'}}},'matchIfKeyNotFound':false}}"
                        + " | false",
                "{'runtimeFilter':{'percentSampled':{'numerator':6}}} | true",
                "{'runtimeFilter':{'percentSampled':{'numerator':5}}} | false",
                "{'runtimeFilter':{'percentSampled':{'numerator':100},'useIndependentRandomness':true}}"
                        + " | true",
                "{'traceableFilter':{}} | false",
                "{'andFilter':{'filters':[{},{'responseFlagFilter':{'flags':['UF']}}]}} | false",
                "{'orFilter':{'filters':[{},{'responseFlagFilter':{'flags':['UF']}}]}} | true",
                "{'logTypeFilter':{'types':['DownstreamEnd']}} | true",
                "{'logTypeFilter':{'types':['DownstreamEnd'],'exclude':true}} | false",
                "{'logTypeFilter':{'types':['TcpConnectionEnd']}} | false",
                "{'extensionFilter':{'typedConfig':{'@type':'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter','expression':'response.code"
                        + " >= 400 && request.method == quoted(POST)'}}} | true",
                "{'extensionFilter':{'typedConfig':{'@type':'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter','expression':'request.nope"
                        + " == 1'}}} | false",
                "{'extensionFilter':{'typedConfig':{'@type':'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter','expression':'!has(request.nope)"
                        + " && upstream.request_attempt_count < 2'}}} | true",
            })
    void exchange_judgedByFilter_isLoggedOrNot(String json, boolean logged) throws Exception {
        var quoted = json.replace('\'', '"').replace("quoted(POST)", "\\\"POST\\\"");
        assertThat(COMPILER.compile(filter(quoted)).accepts(exchange())).isEqualTo(logged);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'responseFlagFilter':{'flags':['XX']}} | response_flag_filter.flags: 'XX'"
                        + " (expected: a short name that Envoy knows, as UF)",
            })
    void filter_broken_isRefused(String json, String message) throws Exception {
        var filter = filter(json.replace('\'', '"'));
        assertThatThrownBy(() -> COMPILER.compile(filter))
                .isInstanceOf(Refused.class)
                .hasMessage(message);
    }

    @Test
    void filter_nestedWithoutEnd_isRefused() throws Exception {
        var filter = AccessLogFilter.getDefaultInstance();
        for (int depth = 0; depth < 20; depth++) {
            var outer = AccessLogFilter.newBuilder();
            outer.getAndFilterBuilder().addFilters(filter);
            filter = outer.build();
        }
        var deep = filter;
        assertThatThrownBy(() -> COMPILER.compile(deep)).isInstanceOf(Refused.class);
    }

    @Test
    void expression_broken_isRefused() throws Exception {
        var filter =
                filter(
                        "{\"extensionFilter\":{\"typedConfig\":{\"@type\":\"type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter\",\"expression\":\"a"
                                + " ==\"}}}");
        assertThatThrownBy(() -> COMPILER.compile(filter))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith("extension_filter.expression: 'a =='");
    }
}
