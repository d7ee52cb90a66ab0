using System.Net;
using System.Net.Security;
using Slideport.Converter;
using Slideport.Converter.Spool;
using Slideport.Converter.Tests;
using Slideport.Dicom.Services;
using Slideport.Dicom.Tests.UpperLayer;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;

namespace Slideport.Faults.Tests;

/// <summary>The wire between scanner and converter is cut, wherever it can be.</summary>
public sealed class CutWireTests : IDisposable
{
    // So short that even this instance takes several.
    private static readonly AssociationLimits ShortPdus = new() { MaxPduLength = 128 };

    private readonly string _root = Directory.CreateTempSubdirectory("slideport-cut-").FullName;
    private readonly CertificateAuthority _authority;
    private readonly SslClientAuthenticationOptions _scanner;

    public CutWireTests()
    {
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(_root, "identity"));
        _scanner = TlsPolicy.ForClient("localhost", _authority.Roots, _authority.Scanner("SS1"));
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // TLS: signatures differ by some bytes in length from handshake to handshake, so a cut in the last stretch could be none.
    [Theory]
    [InlineData(false, 1, 0)]
    [InlineData(true, 41, 48)]
    public async Task Cut_at_any_byte_an_instance_is_not_acknowledged_leaves_nothing_and_is_taken_when_it_comes_again(bool tls, int stride, int uncertain)
    {
        var length = await LengthOnTheWireAsync(tls) - uncertain;
        for (var first = 0; first < length; first += 64 * stride)
        {
            // A converter for 64 cuts: each instance is a slide of its own here, which is kept open.
            await using var host = await StartAsync(tls);
            for (var cut = first; cut < Math.Min(first + (64 * stride), length); cut += stride)
                await CutAsync(host, cut);
        }
    }

    // Nothing is closed: only the clock tells the converter that no more will come. The scanner learns it from the end of its connection.
    [Fact]
    public async Task A_wire_that_falls_silent_anywhere_is_given_up_leaves_nothing_and_the_instance_is_taken_when_it_comes_again()
    {
        var length = await LengthOnTheWireAsync(tls: false);
        await using var host = await StartAsync(tls: false);
        for (var silent = 0; silent < length; silent += 53)
        {
            var file = SmallInstance.Write(host.At("files"), silent);
            var (ended, stored) = (Ended(host), Instances(host).Length);
            using (var proxy = new FaultProxy(EndPoint(host), new Fault { StallAfter = silent }))
            {
                var sending = Assert.ThrowsAsync<AssociationException>(() => SendAsync(host, proxy.EndPoint.Port, file));
                while (Ended(host) == ended)
                {
                    host.Time.Advance(TimeSpan.FromSeconds(10));
                    await Task.Delay(2, Cancel);
                }

                Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Join(host.Options.SpoolFolder, "in")));
                Assert.Equal(stored, Instances(host).Length);
                await sending;
            }

            Assert.Equal(DimseStatus.Success, await SendAsync(host, host.Port, file));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_answer_costs_one_repetition_and_nothing_else(bool tls)
    {
        await using var host = await StartAsync(tls);
        var files = TestSlide.Write(host.At("files"));
        using (var proxy = new FaultProxy(EndPoint(host), new Fault()))
        {
            await using var association = await ConnectAsync(host, proxy.EndPoint.Port);
            proxy.LoseAnswers();
            await Assert.ThrowsAsync<AssociationException>(() => association.StoreAsync(files[0]));
        }

        Assert.Single(Instances(host)); // on stable storage, but the scanner does not know
        await using (var association = await ConnectAsync(host, host.Port))
        {
            foreach (var file in files)
                Assert.Equal(DimseStatus.Success, (await association.StoreAsync(file)).Status);
            Assert.Empty((await ConverterHost.CommitAsync(association, files)).Failed);
            await association.ReleaseAsync(Cancel);
        }

        await host.UntilAsync(SlideState.Verified);
        Assert.Equal(files.Count, Instances(host).Length);
        Assert.Single(host.Delivered());
        Assert.Single(host.Log.Entries, e => e.Id == 2002); // "came again with the same bytes"
    }

    private async Task CutAsync(ConverterHost host, int cut)
    {
        var file = SmallInstance.Write(host.At("files"), cut);
        var (ended, stored) = (Ended(host), Instances(host).Length);

        using (var proxy = new FaultProxy(EndPoint(host), new Fault { CutAfter = cut }))
            await Assert.ThrowsAsync<AssociationException>(() => SendAsync(host, proxy.EndPoint.Port, file));
        while (Ended(host) == ended)
            await Task.Delay(1, Cancel);

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Join(host.Options.SpoolFolder, "in")));
        Assert.Equal(stored, Instances(host).Length);
        Assert.False(Directory.Exists(host.Images) && host.Delivered().Length > 0);
        Assert.Equal(DimseStatus.Success, await SendAsync(host, host.Port, file));
        Assert.Equal(stored + 1, Instances(host).Length);
    }

    // From the first byte of the connection to the last of the data set.
    private async Task<int> LengthOnTheWireAsync(bool tls)
    {
        await using var host = await StartAsync(tls);
        using var proxy = new FaultProxy(EndPoint(host), new Fault());
        await using var association = await ConnectAsync(host, proxy.EndPoint.Port);
        Assert.Equal(DimseStatus.Success, (await association.StoreAsync(SmallInstance.Write(host.At("files"), 0))).Status);
        return checked((int)proxy.Forwarded);
    }

    private async Task<ConverterHost> StartAsync(bool tls)
    {
        var certificate = SslStreamCertificateContext.Create(_authority.Server("converter"), null, offline: true);
        var host = new ConverterHost(new ConverterOptions()) { Tls = tls ? new ConverterTls(_ => certificate, _authority.Roots) : null };
        await host.StartAsync();
        return host;
    }

    private async Task<DimseStatus> SendAsync(ConverterHost host, int port, string file)
    {
        await using var association = await ConnectAsync(host, port);
        var status = (await association.StoreAsync(file)).Status;
        await association.ReleaseAsync(Cancel);
        return status;
    }

    private Task<Association> ConnectAsync(ConverterHost host, int port) => TestPeer.ConnectAsync(port, tls: host.Tls is null ? null : _scanner, limits: ShortPdus);

    private static IPEndPoint EndPoint(ConverterHost host) => new(IPAddress.Loopback, host.Port);

    // Connections that ended without release: refused in the handshake, or aborted; by then nothing of theirs is open.
    private static int Ended(ConverterHost host) => host.Log.Entries.Count(e => e.Id == 2021);

    private static string[] Instances(ConverterHost host) =>
        Directory.GetFiles(Path.Join(host.Options.SpoolFolder, "ready"), "*.dcm", SearchOption.AllDirectories);
}
