using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slideport.Bench;

/// <summary>Orthanc with its WSI tools, doing the same job: receive a series by C-STORE, convert it to a pyramidal TIFF.</summary>
internal static class OrthancPeer
{
    /// <param name="folder">Where it keeps what it takes; removed in the end.</param>
    /// <param name="identity">Certificate and key of its DICOM port, and who may have issued the sender's; PEM files.</param>
    /// <param name="send">Sends the series to a port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Seconds for receiving and converting together.</returns>
    public static async Task<double> ReceiveAndConvertAsync(
        string folder, (string Certificate, string Key, string Authorities) identity, Func<int, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var (http, dicom) = (ChildProcess.FreePort(), ChildProcess.FreePort());
        var configuration = new JsonObject
        {
            ["StorageDirectory"] = folder,
            ["IndexDirectory"] = folder,
            ["HttpPort"] = http,
            ["DicomPort"] = dicom,
            ["DicomAet"] = "ORTHANC",
            ["DicomTlsEnabled"] = true,
            ["DicomTlsCertificate"] = identity.Certificate,
            ["DicomTlsPrivateKey"] = identity.Key,
            ["DicomTlsTrustedCertificates"] = identity.Authorities,
            ["DicomTlsRemoteCertificateRequired"] = true,
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = false,
        };
        var file = Path.Join(folder, "orthanc.json");
        await File.WriteAllTextAsync(file, configuration.ToJsonString(), cancellationToken);
        try
        {
            using var orthanc = ChildProcess.Start("Orthanc", [file]);
            await orthanc.WaitForPortAsync(http, cancellationToken);
            await orthanc.WaitForPortAsync(dicom, cancellationToken);
            return await TimeAsync(http, dicom, Path.Join(folder, "out.tif"), send, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> TimeAsync(
        int http, int dicom, string output, Func<int, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await send(dicom, cancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{http}/")) };
        var series = await client.GetFromJsonAsync<string[]>("series", cancellationToken);
        await ChildProcess.RunAsync(
            "OrthancWSIDicomToTiff", ["--orthanc", client.BaseAddress.ToString(), series![0], output], cancellationToken);
        return clock.Elapsed.TotalSeconds;
    }
}
