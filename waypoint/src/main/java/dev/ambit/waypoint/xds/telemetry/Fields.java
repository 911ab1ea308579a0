package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UnknownFieldSet;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HttpService;
import io.envoyproxy.envoy.config.trace.v3.ZipkinConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing;
import io.envoyproxy.envoy.type.tracing.v3.CustomTag;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Fields by number: of Envoy where they are newer than the library, and of messages that are put
/// together of parts that are encoded already.
final class Fields {
    private static final int TAG_VALUE = 6;
    private static final int NO_PROPAGATION = 13;
    private static final int TRACE_CONTEXT_OPTION = 8;
    private static final int COLLECTOR_SERVICE = 9;

    // OpenTelemetryAccessLogConfig
    private static final int LOGS_HTTP_SERVICE = 8;
    private static final int LOGS_GRPC_SERVICE = 9;
    private static final int LOGS_NAME = 10;
    private static final int LOGS_FLUSH = 11;
    private static final int LOGS_BUFFER = 12;
    private static final int LOGS_FILTER_STATE = 13;
    private static final int LOGS_TAGS = 14;

    private Fields() {}

    /// `CustomTag.value`: a format.
    static Optional<String> value(CustomTag tag) {
        var values = field(tag, TAG_VALUE).getLengthDelimitedList();
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getLast().toStringUtf8());
    }

    /// `Tracing.no_context_propagation`.
    static boolean noContextPropagation(Tracing tracing) {
        var values = field(tracing, NO_PROPAGATION).getVarintList();
        return !values.isEmpty() && values.getLast() != 0;
    }

    /// `ZipkinConfig.trace_context_option` is `USE_B3_WITH_W3C_PROPAGATION`.
    static boolean w3c(ZipkinConfig config) {
        var values = field(config, TRACE_CONTEXT_OPTION).getVarintList();
        return !values.isEmpty() && values.getLast() == 1;
    }

    /// `ZipkinConfig.collector_service`.
    static Optional<HttpService> collectorService(ZipkinConfig config) throws Refused {
        var values = field(config, COLLECTOR_SERVICE).getLengthDelimitedList();
        if (values.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(HttpService.parseFrom(values.getLast()));
        } catch (InvalidProtocolBufferException malformed) {
            throw new Refused(
                    "collector_service", String.valueOf(malformed.getMessage()), "an HttpService");
        }
    }

    /// `OpenTelemetryAccessLogConfig.http_service`.
    static Optional<HttpService> httpService(OpenTelemetryAccessLogConfig config) throws Refused {
        var values = field(config, LOGS_HTTP_SERVICE).getLengthDelimitedList();
        try {
            return values.isEmpty()
                    ? Optional.empty()
                    : Optional.of(HttpService.parseFrom(values.getLast()));
        } catch (InvalidProtocolBufferException malformed) {
            throw new Refused(
                    "http_service", String.valueOf(malformed.getMessage()), "an HttpService");
        }
    }

    /// `common_config`, with the fields of the configuration itself that have replaced it.
    static CommonGrpcAccessLogConfig common(OpenTelemetryAccessLogConfig config) throws Refused {
        var common = config.getCommonConfig().toBuilder();
        try {
            for (var bytes : field(config, LOGS_GRPC_SERVICE).getLengthDelimitedList()) {
                common.setGrpcService(GrpcService.parseFrom(bytes));
            }
            for (var bytes : field(config, LOGS_NAME).getLengthDelimitedList()) {
                common.setLogName(bytes.toStringUtf8());
            }
            for (var bytes : field(config, LOGS_FLUSH).getLengthDelimitedList()) {
                common.setBufferFlushInterval(Duration.parseFrom(bytes));
            }
            for (var bytes : field(config, LOGS_BUFFER).getLengthDelimitedList()) {
                common.setBufferSizeBytes(UInt32Value.parseFrom(bytes));
            }
            for (var bytes : field(config, LOGS_FILTER_STATE).getLengthDelimitedList()) {
                common.addFilterStateObjectsToLog(bytes.toStringUtf8());
            }
            for (var bytes : field(config, LOGS_TAGS).getLengthDelimitedList()) {
                common.addCustomTags(CustomTag.parseFrom(bytes));
            }
        } catch (InvalidProtocolBufferException malformed) {
            throw new Refused(
                    "open_telemetry",
                    String.valueOf(malformed.getMessage()),
                    "an OpenTelemetryAccessLogConfig");
        }
        return common.build();
    }

    private static UnknownFieldSet.Field field(Message message, int number) {
        return message.getUnknownFields().getField(number);
    }

    /// A message of a repeated field, whose members are encoded, after what comes before it.
    ///
    /// @param before fields that are encoded already
    static byte[] message(ByteString before, int number, List<byte[]> members) {
        int size = before.size();
        for (var member : members) {
            size += CodedOutputStream.computeByteArraySize(number, member);
        }
        var bytes = new byte[size];
        var out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeRawBytes(before);
            for (var member : members) {
                out.writeByteArray(number, member);
            }
            out.checkNoSpaceLeft();
        } catch (IOException impossible) {
            throw new IllegalStateException("a message of its own size", impossible);
        }
        return bytes;
    }
}
