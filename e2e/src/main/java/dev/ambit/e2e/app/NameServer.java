package dev.ambit.e2e.app;

import dev.ambit.e2e.lab.Host;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Processes;
import dev.ambit.e2e.lab.Running;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;

/// The cluster's name server, as far as the lab needs one: a process that answers by the first
/// label of what it is asked.
///
/// | name | answer |
/// |---|---|
/// | `nx...` | NXDOMAIN with SOA |
/// | `large...` | 20 TXT records of 200 bytes; over UDP none, but TC |
/// | `silent...` | nothing |
/// | `forged...` | first a reply for another question, then the right one |
/// | an UPDATE | NOERROR |
/// | others | A 198.51.100.7, and an EDNS option of its own to who speaks EDNS |
public final class NameServer {
    public static final String ADDRESS = "198.51.100.7";

    /// Of the EDNS of its answers, unlike anybody else's.
    public static final int PAYLOAD_BYTES = 1357;

    private static final int PORT = 53;
    private static final int TTL_SECONDS = 77;

    private NameServer() {}

    /// Starts it on port 53 of all addresses of a host.
    public static Running start(Processes processes, Host host) {
        var command =
                List.of(
                        App.java(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NameServer.class.getName());
        var running = processes.start(host.netns(), ProcessSpec.of("nameserver", command));
        return App.awaitReady(running);
    }

    public static void main(String[] arguments) throws IOException {
        var tcp = new ServerSocket(PORT);
        var udp = new DatagramSocket(PORT);
        Thread.ofPlatform().start(() -> serveTcp(tcp));
        System.out.println("ready " + PORT);
        var buffer = new byte[65_535];
        while (true) {
            var packet = new DatagramPacket(buffer, buffer.length);
            udp.receive(packet);
            for (var answer : answers(Arrays.copyOf(buffer, packet.getLength()), false)) {
                udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        }
    }

    private static void serveTcp(ServerSocket server) {
        while (true) {
            try (Socket socket = server.accept()) {
                var in = new DataInputStream(socket.getInputStream());
                var out = new DataOutputStream(socket.getOutputStream());
                for (var answer : answers(in.readNBytes(in.readUnsignedShort()), true)) {
                    out.writeShort(answer.length);
                    out.write(answer);
                }
                out.flush();
            } catch (IOException e) {
                System.out.println("connection: " + e);
            }
        }
    }

    private static List<byte[]> answers(byte[] bytes, boolean tcp) throws IOException {
        var query = new Message(bytes);
        System.out.println((tcp ? "tcp " : "udp ") + query.getQuestion());
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setFlag(Flags.AD);
        reply.getHeader().setOpcode(query.getHeader().getOpcode());
        query.getSection(Section.QUESTION).forEach(q -> reply.addRecord(q, Section.QUESTION));
        if (query.getHeader().getOpcode() == Opcode.UPDATE) {
            return List.of(reply.toWire());
        }
        var name = query.getQuestion().getName();
        var all = new ArrayList<byte[]>();
        switch (name.labels() > 1 ? name.getLabelString(0) : "") {
            case "nx" -> {
                reply.getHeader().setRcode(Rcode.NXDOMAIN);
                var zone = new Name(name, 1);
                reply.addRecord(
                        new SOARecord(zone, DClass.IN, TTL_SECONDS, zone, zone, 4711, 1, 2, 3, 4),
                        Section.AUTHORITY);
            }
            case "large" -> large(reply, name, tcp);
            case "silent" -> {
                return List.of();
            }
            case "forged" -> {
                all.add(forged(query));
                reply.addRecord(address(name), Section.ANSWER);
            }
            default -> reply.addRecord(address(name), Section.ANSWER);
        }
        if (query.getOPT() != null) {
            reply.addRecord(new OPTRecord(PAYLOAD_BYTES, 0, 0), Section.ADDITIONAL);
        }
        all.add(reply.toWire());
        return all;
    }

    private static void large(Message reply, Name name, boolean tcp) {
        if (!tcp) {
            reply.getHeader().setFlag(Flags.TC);
            return;
        }
        for (int i = 0; i < 20; i++) {
            var text = i + "x".repeat(200);
            reply.addRecord(new TXTRecord(name, DClass.IN, TTL_SECONDS, text), Section.ANSWER);
        }
    }

    private static byte[] forged(Message query) {
        var other = Name.fromConstantString("other.corp.example.");
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.addRecord(
                Record.newRecord(other, query.getQuestion().getType(), DClass.IN),
                Section.QUESTION);
        return reply.toWire();
    }

    private static Record address(Name name) {
        return new ARecord(name, DClass.IN, TTL_SECONDS, InetAddress.ofLiteral(ADDRESS));
    }
}
