using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Slideport.Converter.Spool;
using Slideport.Protocol;
using Slideport.Protocol.Slides;

namespace Slideport.Converter.Tests.Sam;

/// <summary>How the converter takes from SAM what people ask for, and tells what came of it.</summary>
public sealed class SlideRequestsTests : IDisposable
{
    private readonly HttpListener _sam = new(); // one that knows of nothing but the request
    private readonly SamAddress _address;
    private readonly ConcurrentQueue<SlideAnswer> _answers = new();
    private volatile SlideRequest? _request;
    private volatile bool _isAnswerLost;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public SlideRequestsTests()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        _sam.Prefixes.Add(FormattableString.Invariant($"http://*:{port}/")); // under whatever name it is asked
        _sam.Start();
        _address = new SamAddress(() => new UriBuilder(Uri.UriSchemeHttp, "localhost", port).Uri, _ => new SslClientAuthenticationOptions());
        _ = Task.Run(AnswerAllAsync, Cancel);
    }

    public void Dispose() => _sam.Close();

    [Fact]
    public async Task What_is_asked_is_done_once_and_told_until_SAM_has_the_answer()
    {
        await using var host = new ConverterHost(new ConverterOptions { Name = "conv1" }) { Sam = _address };
        await host.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        var record = await host.UntilAsync(SlideState.Verified);
        _isAnswerLost = true;

        _request = new SlideRequest(Guid.NewGuid(), SlideAction.Verify, record.Key.Name, null);
        await host.TurnUntilAsync(() => _answers.Count >= 3); // SAM fails each time
        Assert.Single(host.Log.Entries, e => e.Id == 2403);
        _isAnswerLost = false;
        await host.TurnUntilAsync(() => _request is null);

        Assert.All(_answers, a => Assert.Equal(SlideResult.Done, a.Result));
        Assert.Single(host.Log.Entries, e => e.Id == 2403);
    }

    [Fact]
    public async Task A_converter_that_is_stopped_meanwhile_does_it_when_it_is_back()
    {
        await using var host = new ConverterHost(new ConverterOptions { Name = "conv1" }) { Sam = _address };
        await host.StartAsync();
        await host.SendAndCommitAsync(TestSlide.Write(host.At("files")));
        var record = await host.UntilAsync(SlideState.Verified);
        _isAnswerLost = true;
        _request = new SlideRequest(Guid.NewGuid(), SlideAction.Verify, record.Key.Name, null);
        await host.TurnUntilAsync(() => !_answers.IsEmpty);

        await host.StopAsync(); // with an answer that nobody has
        _isAnswerLost = false;
        await host.StartAsync();
        await host.TurnUntilAsync(() => _request is null);

        Assert.Equal(SlideResult.Done, _answers.Last().Result);
        Assert.Equal(2, host.Log.Entries.Count(e => e.Id == 2403));
    }

    private async Task AnswerAllAsync()
    {
        try
        {
            while (true)
            {
                var context = await _sam.GetContextAsync();
                try
                {
                    await AnswerAsync(context);
                }
                catch (Exception e) when (_sam.IsListening && e is (HttpListenerException or ObjectDisposedException or IOException))
                {
                    // The converter was stopped meanwhile: the next one is to be answered.
                }
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        var status = HttpStatusCode.ServiceUnavailable;
        byte[] body = [];
        if (path == "/role/converters/conv1/requests")
        {
            status = HttpStatusCode.OK;
            context.Response.ContentType = "application/json";
            body = JsonSerializer.SerializeToUtf8Bytes(_request is { } request ? [request] : Array.Empty<SlideRequest>(), ProtocolJson.Options);
        }
        else if (path.EndsWith("/answer", StringComparison.Ordinal))
        {
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            _answers.Enqueue(JsonSerializer.Deserialize<SlideAnswer>(await reader.ReadToEndAsync(Cancel), ProtocolJson.Options)!);
            status = _isAnswerLost ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.NoContent;
            _request = _isAnswerLost ? _request : null;
        }

        context.Response.StatusCode = (int)status;
        context.Response.Close(body, willBlock: true);
    }
}
