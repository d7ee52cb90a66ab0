using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slideport.Interop.Tests;

/// <summary>A real Orthanc with DICOM TLS or without, its storage in a temporary folder, driven through its REST interface.</summary>
internal sealed class Orthanc : IAsyncDisposable
{
    private readonly Peer _peer;
    private readonly HttpClient _http;

    private Orthanc(Peer peer, HttpClient http, int dicomPort)
    {
        _peer = peer;
        _http = http;
        DicomPort = dicomPort;
    }

    public int DicomPort { get; }

    public string Url => _http.BaseAddress!.ToString();

    /// <param name="folder">Everything Orthanc writes.</param>
    /// <param name="tls">Paths of its certificate, key and trusted authority (PEM); null speaks in the clear.</param>
    /// <param name="slideportPort">Where it finds the converter it sends to.</param>
    public static async Task<Orthanc> StartAsync(string folder, (string Certificate, string Key, string Authority)? tls, int slideportPort)
    {
        Peer.Require("Orthanc");
        var (http, dicom) = (Peer.FreePort(), Peer.FreePort());
        var configuration = new JsonObject
        {
            ["Name"] = "interop",
            ["StorageDirectory"] = folder,
            ["IndexDirectory"] = folder,
            ["HttpPort"] = http,
            [nameof(DicomPort)] = dicom,
            ["DicomAet"] = "ORTHANC",
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = false,
            ["StableAge"] = 1,
            ["DicomModalities"] = new JsonObject
            {
                ["slideport"] = new JsonObject { ["AET"] = "SLIDEPORT", ["Host"] = "127.0.0.1", ["Port"] = slideportPort, ["UseDicomTls"] = tls is not null },
            },
        };
        if (tls is { } files)
        {
            configuration["DicomTlsEnabled"] = true;
            configuration["DicomTlsCertificate"] = files.Certificate;
            configuration["DicomTlsPrivateKey"] = files.Key;
            configuration["DicomTlsTrustedCertificates"] = files.Authority;
        }

        var file = Path.Join(folder, "orthanc.json");
        await File.WriteAllTextAsync(file, configuration.ToJsonString(), TestContext.Current.CancellationToken);
        var peer = Peer.Start("Orthanc", file);
        await peer.WaitForPortAsync(http);
        await peer.WaitForPortAsync(dicom);
        return new Orthanc(peer, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}/") }, dicom);
    }

    public async Task UploadAsync(string path)
    {
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        using var response = await _http.PostAsync("instances", content, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"Orthanc refused {path}: {response.StatusCode}");
    }

    public async Task<string[]> InstancesAsync() =>
        await _http.GetFromJsonAsync<string[]>("instances", TestContext.Current.CancellationToken) ?? [];

    public async Task<byte[]> FileAsync(string instance) =>
        await _http.GetByteArrayAsync($"instances/{instance}/file", TestContext.Current.CancellationToken);

    /// <summary>Lets Orthanc send all it holds to the converter by C-STORE over TLS.</summary>
    public async Task SendAllAsync()
    {
        using var response = await _http.PostAsJsonAsync(
            "modalities/slideport/store",
            new { Resources = await InstancesAsync(), Synchronous = true },
            new JsonSerializerOptions(),
            TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"Orthanc could not send: {_peer.Output}");
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _peer.Dispose();
        return ValueTask.CompletedTask;
    }
}
