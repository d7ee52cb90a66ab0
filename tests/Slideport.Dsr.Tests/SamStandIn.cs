using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Fleet;
using Slideport.Protocol.Identity;
using Slideport.Protocol.Sessions;
using Slideport.Protocol.Slides;

namespace Slideport.Dsr.Tests;

/// <summary>A SAM that says what a test has it say: slides, revoked certificates, who is logged in.</summary>
internal sealed class SamStandIn : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly List<ConverterSlide> _slides = [];
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SamStandIn(WebApplication server) => _server = server;

    /// <summary>Certificates that are good no more.</summary>
    public IReadOnlyList<string> Revoked { get; private set; } = [];

    /// <summary>Sessions by their tokens.</summary>
    public ConcurrentDictionary<string, PersonSession> Sessions { get; } = new();

    /// <summary>What was told of, once for each id.</summary>
    public ConcurrentDictionary<string, SlideOpening> Openings { get; } = new();

    /// <summary>Whether it answers.</summary>
    public volatile bool IsAway;

    public Uri Address => new($"https://localhost:{new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port}");

    public static async Task<SamStandIn> StartAsync(CertificateAuthority authority)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(json => ProtocolJson.Apply(json.SerializerOptions));
        var certificate = authority.Server("sam");
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(
            new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(TlsPolicy.ForServer(certificate, authority.Roots)) })));
        var sam = new SamStandIn(builder.Build());
        sam.Map();
        await sam._server.StartAsync(TestContext.Current.CancellationToken);
        return sam;
    }

    /// <summary>Says that a slide has come to be there.</summary>
    public void Tell(SlideReport report)
    {
        using (_lock.EnterScope())
            _slides.Add(new ConverterSlide("converter", report));
        Change();
    }

    /// <summary>Revokes certificates.</summary>
    public void Revoke(params string[] thumbprints)
    {
        Revoked = thumbprints;
        Change();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Change() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    private void Map()
    {
        _server.Use((context, next) =>
        {
            if (IsAway)
                context.Abort();
            return IsAway ? Task.CompletedTask : next(context);
        });
        _server.UseRouting();
        _server.MapGet("/role/slides", async (long after, HttpContext context) =>
        {
            for (var wait = true; ; wait = false)
            {
                var changed = _changed.Task;
                List<ConverterSlide> more;
                using (_lock.EnterScope())
                    more = [.. _slides.Skip((int)after)];
                if (more.Count > 0 || !wait)
                    return new SlideFeed(more, after + more.Count);
                await Task.WhenAny(changed, Task.Delay(TimeSpan.FromSeconds(1), context.RequestAborted));
            }
        });
        _server.MapGet("/role/fleet", async (HttpContext context) =>
        {
            if (context.Request.Headers.IfNoneMatch == $"\"{Revoked.Count}\"")
            {
                await Task.WhenAny(_changed.Task, Task.Delay(TimeSpan.FromSeconds(1), context.RequestAborted));
                if (context.Request.Headers.IfNoneMatch == $"\"{Revoked.Count}\"")
                    return Results.StatusCode(StatusCodes.Status304NotModified);
            }

            context.Response.Headers.ETag = $"\"{Revoked.Count}\"";
            return Results.Ok(new ScannerFleet([], Revoked));
        });
        _server.MapPost("/role/openings", (IReadOnlyList<SlideOpening> openings) =>
        {
            foreach (var opening in openings)
            {
                Assert.Empty(opening.Validate());
                Openings.TryAdd(opening.Id, opening);
            }

            return Results.NoContent();
        });
        _server.MapPost("/role/sessions", (SignInRequest question) => question.Password is "right" or "given"
            ? Results.Ok(Begin(question.Name, question.Password == "given" ? "passwordChange" : "none"))
            : Results.Problem("Name, password or code are wrong.", statusCode: 401, extensions: question.Password == "app" ? [new("code", "totp")] : []));
        _server.MapPost("/role/sessions/find", (SessionQuestion token) => Sessions.TryGetValue(token.Token, out var holder) ? Results.Ok(holder) : Results.Problem(statusCode: 404));
        _server.MapPost("/role/sessions/password", (SessionPasswordChange change) =>
        {
            Assert.Empty(change.Validate());
            if (!Sessions.TryGetValue(change.Token, out var holder))
                return Results.Problem(statusCode: 404);
            if (change.CurrentPassword != "given" || change.Password != "right")
                return Results.Problem("Some fields cannot be used.", statusCode: 422, extensions: [new("errors", (FieldError[])[new("password", "It is too short; take a sentence.")])]);
            Sessions.Clear();
            return Results.NoContent();
        });
        _server.MapPost("/role/sessions/end", (SessionEnd end) =>
        {
            Sessions.TryRemove(end.Token, out _);
            return Results.NoContent();
        });
    }

    /// <summary>Begins a session of somebody whose name is his role.</summary>
    public SignInResult Begin(string role, string limit = "none")
    {
        var token = Guid.NewGuid().ToString("n");
        Sessions[token] = new PersonSession(Guid.NewGuid(), role, "", role, limit, TimeProvider.System.GetUtcNow().AddHours(1));
        return new SignInResult(token, Sessions[token]);
    }
}
