package dev.ambit.e2e.envoy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;

/// Delivers a stream's bytes to an application over a connection of its own inside this process:
/// the stock HTTP/2 codec does not run inside a stream of itself.
final class LocalApp extends ChannelInboundHandlerAdapter {
    private final EventLoopGroup loops;
    private final ChannelHandler app;

    LocalApp(EventLoopGroup loops, ChannelHandler app) {
        this.loops = loops;
        this.app = app;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        var stream = ctx.channel();
        stream.config().setAutoRead(false);
        var address = new LocalAddress(LocalApp.class);
        new ServerBootstrap()
                .group(loops)
                .channel(LocalServerChannel.class)
                .childHandler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel accepted) {
                                accepted.pipeline().addLast(app);
                            }
                        })
                .bind(address)
                .addListener(_ -> connect(ctx, address));
    }

    private void connect(ChannelHandlerContext ctx, LocalAddress address) {
        new Bootstrap()
                .group(loops)
                .channel(LocalChannel.class)
                .handler(new Copy(ctx.channel()))
                .connect(address)
                .addListener(connected -> {
                    var near = ((io.netty.channel.ChannelFuture) connected).channel();
                    ctx.executor()
                            .execute(() -> {
                                ctx.pipeline().replace(this, null, new Copy(near));
                                ctx.channel().config().setAutoRead(true);
                            });
                });
    }

    private static final class Copy extends ChannelInboundHandlerAdapter {
        private final Channel to;

        Copy(Channel to) {
            this.to = to;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            to.writeAndFlush(bytes);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            to.close();
        }
    }
}
