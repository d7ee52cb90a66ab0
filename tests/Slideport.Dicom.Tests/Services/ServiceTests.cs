using System.Net;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Echo;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.Services;

public sealed class ServiceTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new();
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-services-").FullName;
    private AssociationListener? _listener;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
            await _listener.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Echo_is_answered(bool tls)
    {
        await using var association = await ConnectAsync(tls);

        Assert.Equal(DimseStatus.Success, await EchoScu.EchoAsync(association, Cancel));
        await association.ReleaseAsync(Cancel);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 3_000_000)]
    public async Task A_stored_data_set_arrives_byte_for_byte(bool tls, int pixelBytes)
    {
        using var file = Part10File.Open(Instance("1.2.3", pixelBytes));
        await using (var association = await ConnectAsync(tls))
        {
            Assert.Equal(DimseStatus.Success, (await StoreScu.SendAsync(association, file, null, Cancel)).Status);
            await association.ReleaseAsync(Cancel);
        }

        var sent = await File.ReadAllBytesAsync(file.Path, Cancel);
        Assert.Equal(sent[(int)file.DataSetOffset..], _store.Instances["1.2.3"]);
    }

    [Fact]
    public async Task A_refused_instance_is_drained_and_the_association_goes_on()
    {
        _store.Script = r => r.SopInstanceUid == "1.2.3" ? new RefusedReception(new StoreOutcome(DimseStatus.OutOfResources, "full")) : null;
        using var refused = Part10File.Open(Instance("1.2.3", 500_000));
        using var taken = Part10File.Open(Instance("1.2.4", 10));
        await using var association = await ConnectAsync(tls: false);

        Assert.Equal(new StoreOutcome(DimseStatus.OutOfResources, "full"), await StoreScu.SendAsync(association, refused, null, Cancel));
        Assert.Equal(DimseStatus.Success, (await StoreScu.SendAsync(association, taken, null, Cancel)).Status);
    }

    [Theory]
    [InlineData(true, 0xA700)]
    [InlineData(false, 0x0110)]
    public async Task A_handler_that_fails_costs_its_message_not_the_association(bool disk, int status)
    {
        _store.Script = r => r.SopInstanceUid == "1.2.3" ? throw (disk ? new IOException("disk") : new InvalidOperationException("bug")) : null;
        using var poisoned = Part10File.Open(Instance("1.2.3", 100_000));
        using var good = Part10File.Open(Instance("1.2.4", 10));
        await using var association = await ConnectAsync(tls: false);

        Assert.Equal(status, (await StoreScu.SendAsync(association, poisoned, null, Cancel)).Status.Code);
        Assert.Equal(DimseStatus.Success, (await StoreScu.SendAsync(association, good, null, Cancel)).Status);
    }

    [Fact]
    public async Task Commitment_tells_what_is_kept_and_what_is_not()
    {
        using var file = Part10File.Open(Instance("1.2.3", 10));
        await using var association = await ConnectAsync(tls: false);
        await StoreScu.SendAsync(association, file, null, Cancel);
        InstanceReference kept = new(Uids.VLWholeSlideMicroscopyImageStorage, "1.2.3"), unknown = kept with { SopInstanceUid = "9.9" };

        var result = await StorageCommitmentScu.RequestAsync(association, [kept, unknown], Cancel);

        Assert.Equal([kept], result.Committed);
        Assert.Equal([new CommitmentFailure(unknown, DimseStatus.NoSuchSopInstance)], result.Failed);
        await association.ReleaseAsync(Cancel);
    }

    [Fact]
    public async Task The_handler_learns_whether_an_association_was_released_or_broken()
    {
        await using (var released = await ConnectAsync(tls: false))
            await released.ReleaseAsync(Cancel);
        await using (var aborted = await ConnectAsync(tls: false))
            await aborted.AbortAsync();
        await _listener!.StopAsync(TimeSpan.FromSeconds(10));

        Assert.Equal([true, false], _store.Closed.OrderBy(c => c.Association.Id).Select(c => c.Released));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("expired")]
    [InlineData("server purpose")]
    [InlineData("other authority")]
    [InlineData("revoked")]
    public async Task A_client_certificate_that_is_not_good_is_refused(string kind)
    {
        var certificate = kind switch
        {
            "none" => null,
            "expired" => _authority.Issue(TestAuthority.Client, to: DateTimeOffset.UnixEpoch.AddYears(51)),
            "server purpose" => _authority.Issue(TestAuthority.Server),
            "other authority" => new TestAuthority().Issue(TestAuthority.Client),
            _ => _authority.Issue(TestAuthority.Client),
        };
        Start(tls: true, revoke: kind == "revoked");

        // TLS 1.3 tells a client of its refusal after the handshake: the association request meets it.
        await Assert.ThrowsAsync<AssociationException>(async () => await Association.ConnectAsync(
            "localhost", _listener!.LocalEndPoint.Port, Request() with { Tls = TlsPolicy.ForClient("localhost", _authority.Roots, certificate) }, cancellationToken: Cancel));
    }

    [Fact]
    public async Task A_revoked_certificate_closes_the_live_association()
    {
        await using var association = await ConnectAsync(tls: true);

        _listener!.CloseWhere(_ => true);

        await Assert.ThrowsAsync<AssociationException>(async () =>
        {
            while (true)
                await EchoScu.EchoAsync(association, Cancel);
        });
    }

    [Fact]
    public async Task One_certificate_gets_no_more_associations_than_its_share()
    {
        Start(tls: true, limits: new AssociationLimits { MaxAssociationsPerCertificate = 1 });
        await using var first = await ConnectAsync(tls: true);

        var refused = await Assert.ThrowsAsync<AssociationException>(async () => await ConnectAsync(tls: true));
        Assert.Equal(AssociationFault.Rejected, refused.Fault);
        Assert.Contains("local limit", refused.Message, StringComparison.Ordinal);
    }

    private System.Security.Cryptography.X509Certificates.X509Certificate2? _client;

    private void Start(bool tls, bool revoke = false, AssociationLimits? limits = null)
    {
        var server = _authority.Issue(TestAuthority.Server);
        _listener = new AssociationListener(
            new ListenerOptions
            {
                Address = IPAddress.Loopback,
                Port = 0,
                Limits = limits ?? new AssociationLimits(),
                Tls = tls ? _ => TlsPolicy.ForServer(server, _authority.Roots, _ => revoke) : null,
            },
            new DicomServices { Store = _store, StorageCommitment = _store });
        _listener.Start();
    }

    private async Task<Association> ConnectAsync(bool tls)
    {
        if (_listener is null)
            Start(tls);
        _client ??= _authority.Issue(TestAuthority.Client);
        var request = Request() with { Tls = tls ? TlsPolicy.ForClient("localhost", _authority.Roots, _client) : null };
        return await Association.ConnectAsync("localhost", _listener!.LocalEndPoint.Port, request, cancellationToken: Cancel);
    }

    private static AssociationRequest Request() => new()
    {
        CallingAETitle = "TEST",
        CalledAETitle = "SLIDEPORT",
        Contexts =
        [
            (Uids.Verification, TransferSyntax.ImplicitVrLittleEndian),
            (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.ExplicitVrLittleEndian),
            (Uids.StorageCommitmentPushModel, TransferSyntax.ExplicitVrLittleEndian),
        ],
    };

    private string Instance(string uid, int pixelBytes)
    {
        var path = Path.Join(_folder, uid + ".dcm");
        using var output = File.Create(path);
        Part10File.Write(
            output,
            new DicomDataSet()
                .Set(Tags.SOPClassUID, Uids.VLWholeSlideMicroscopyImageStorage)
                .Set(Tags.SOPInstanceUID, uid)
                .Set(Tags.PixelData, Vr.OB, [.. Enumerable.Range(0, pixelBytes).Select(i => (byte)(i % 251))]),
            TransferSyntax.ExplicitVrLittleEndian);
        return path;
    }
}
