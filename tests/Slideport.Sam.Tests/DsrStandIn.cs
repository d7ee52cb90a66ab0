using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Slideport.Sam.Tests;

/// <summary>A DSR DataServer that keeps what it takes, once per key, and answers as it is told.</summary>
internal sealed class DsrStandIn : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, bool> _keys = new();
    private readonly WebApplication _server;

    private DsrStandIn(WebApplication server) => _server = server;

    /// <summary>What each message is answered with; null: taken, but the connection breaks before the answer.</summary>
    public Func<string, int?> Answer { get; set; } = _ => StatusCodes.Status200OK;

    /// <summary>What each answer waits for.</summary>
    public Func<string, Task> Hold { get; set; } = _ => Task.CompletedTask;

    /// <summary>Subjects in the order they were taken for the first time.</summary>
    public ConcurrentQueue<string> Taken { get; } = new();

    /// <summary>Keys in the same order.</summary>
    public ConcurrentQueue<string> TakenKeys { get; } = new();

    /// <summary>The <c>traceparent</c> of each request; "" where it had none.</summary>
    public ConcurrentQueue<string> TraceParents { get; } = new();

    /// <summary>How often something came.</summary>
    public int Knocks => _knocks;

    public int Port => new Uri(_server.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private int _knocks;

    public static async Task<DsrStandIn> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var dsr = new DsrStandIn(builder.Build());
        dsr._server.Run(dsr.TakeAsync);
        await dsr._server.StartAsync(TestContext.Current.CancellationToken);
        return dsr;
    }

    public async Task UntilTakenAsync(int count)
    {
        while (Taken.Count < count)
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _knocks);
        TraceParents.Enqueue(context.Request.Headers.TraceParent.ToString());
        var subject = context.Request.Headers["Slideport-Subject"].ToString();
        try
        {
            await Hold(subject).WaitAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            return; // whoever asked waits no more
        }

        var answer = Answer(subject);
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (answer is null or (>= 200 and < 300) && _keys.TryAdd(key, true))
        {
            TakenKeys.Enqueue(key);
            Taken.Enqueue(subject);
        }

        if (answer is { } status)
            context.Response.StatusCode = status;
        else
            context.Abort();
    }
}
