using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slideport.Dsr.DeepZoom;
using Slideport.Dsr.Iiif;
using Slideport.Dsr.Pages;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Http;
using Slideport.ImageStore;
using Slideport.ImageStore.Local;

namespace Slideport.Dsr.Tests.Viewing;

/// <summary>The viewer's endpoints on a free port, without anybody who logs in, over a store in a folder.</summary>
public sealed class ViewerHost : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-viewer-").FullName;
    private readonly Dictionary<string, SlideFile> _slides = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private readonly SlideViewer _viewer;

    private ViewerHost(PixelProgram program)
    {
        Store = new LocalImageStore(_folder);
        _viewer = new SlideViewer((id, _) => ValueTask.FromResult(_slides.GetValueOrDefault(id)), program, new ViewerOptions(), TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(_viewer);
        _app = builder.Build();
        _app.UseRouting();
        // As the people's entrance does it.
        _app.Use((http, next) =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<ContentSecurityPolicy>() is { } policy)
                http.Response.Headers.ContentSecurityPolicy = policy.Value;
            return next(http);
        });
        ViewerApi.Map(_app);
        DeepZoomApi.Map(_app);
        IiifApi.Map(_app);
        PageFiles.Map(_app);
    }

    public IImageStore Store { get; }

    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    internal static async Task<ViewerHost> StartAsync(PixelProgram? program = null)
    {
        var host = new ViewerHost(program ?? PixelProgram.Self);
        await host._app.StartAsync();
        host.Client.BaseAddress = new Uri(host._app.Urls.First());
        return host;
    }

    /// <summary>Puts a slide into the store.</summary>
    /// <returns>Its id.</returns>
    internal string Add(string name, Action<string> write)
    {
        write(Path.Join(_folder, name));
        return Add(new SlideFile(Store, name));
    }

    /// <summary>Makes a slide known.</summary>
    /// <returns>Its id.</returns>
    internal string Add(SlideFile slide)
    {
        var id = Guid.NewGuid().ToString("N");
        _slides.Add(id, slide);
        return id;
    }

    internal async Task<JsonElement> JsonAsync(string path)
    {
        using var answer = await Client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    internal Task<byte[]> BytesAsync(string path) => Client.GetByteArrayAsync(path, TestContext.Current.CancellationToken);

    /// <summary>What is answered where something is wrong: its status and its sentence.</summary>
    internal async Task<(int Status, string Sentence)> ProblemAsync(string path)
    {
        using var answer = await Client.GetAsync(path, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return ((int)answer.StatusCode, text);
        return ((int)answer.StatusCode, JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        _viewer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
