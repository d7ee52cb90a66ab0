using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Slideport.Sam.Tests;

/// <summary>Somebody who takes webhooks: keeps what came, refuses the first if told so.</summary>
internal sealed class WebhookListener : IAsyncDisposable
{
    private readonly WebApplication _server;

    private WebhookListener(WebApplication server) => _server = server;

    public ConcurrentQueue<(string Key, string Signature, string Body)> Posts { get; } = new();

    public int Refusals { get; set; }

    public string Url => _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hook";

    public static async Task<WebhookListener> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var listener = new WebhookListener(builder.Build());
        listener._server.Run(listener.TakeAsync);
        await listener._server.StartAsync(TestContext.Current.CancellationToken);
        return listener;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        Posts.Enqueue((context.Request.Headers["Slideport-Key"].ToString(), context.Request.Headers["Slideport-Signature"].ToString(), await reader.ReadToEndAsync()));
        context.Response.StatusCode = Posts.Count <= Refusals ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
    }
}

/// <summary>A mail server that takes everything (RFC 5321, as little of it as a client needs).</summary>
internal sealed class MailListener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public MailListener()
    {
        _listener.Start();
        _ = ServeAsync();
    }

    public ConcurrentQueue<string> Mails { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await TalkAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        await using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 mail");
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("DATA", StringComparison.Ordinal))
            {
                await writer.WriteLineAsync("354 go on");
                var mail = new StringBuilder();
                while (await reader.ReadLineAsync() is { } text && text != ".")
                    mail.AppendLine(text);
                Mails.Enqueue(mail.ToString());
            }

            await writer.WriteLineAsync(line.StartsWith("QUIT", StringComparison.Ordinal) ? "221 bye" : "250 ok");
        }
    }
}
