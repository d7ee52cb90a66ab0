using System.Net.Security;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Tests;

/// <summary>The sending end of a test: opens associations in the clear and stores files.</summary>
internal static class TestPeer
{
    internal static async Task<Association> ConnectAsync(
        int port, string title = "SCANNER", SslClientAuthenticationOptions? tls = null, AssociationLimits? limits = null) => await Association.ConnectAsync(
        "127.0.0.1",
        port,
        new AssociationRequest
        {
            CallingAETitle = title,
            CalledAETitle = "SLIDEPORT",
            Contexts =
            [
                (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.JpegBaseline8Bit),
                (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.ExplicitVrLittleEndian),
                (Uids.VLWholeSlideMicroscopyImageStorage, TransferSyntax.Jpeg2000),
                (Uids.StorageCommitmentPushModel, TransferSyntax.ExplicitVrLittleEndian),
            ],
            Tls = tls,
        },
        limits,
        cancellationToken: TestContext.Current.CancellationToken);

    internal static async Task<StoreOutcome> StoreAsync(this Association association, string path)
    {
        using var file = Part10File.Open(path);
        return await StoreScu.SendAsync(association, file, cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>One association, all files, release; every answer.</summary>
    internal static async Task<List<StoreOutcome>> SendAsync(int port, IEnumerable<string> files, string title = "SCANNER")
    {
        await using var association = await ConnectAsync(port, title);
        var outcomes = new List<StoreOutcome>();
        foreach (var file in files)
            outcomes.Add(await association.StoreAsync(file));
        await association.ReleaseAsync(TestContext.Current.CancellationToken);
        return outcomes;
    }
}
