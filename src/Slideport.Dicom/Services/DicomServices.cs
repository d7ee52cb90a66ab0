using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services;

/// <summary>What a listener offers besides verification, and who does the work.</summary>
public sealed record DicomServices
{
    /// <summary>Stores instances; null offers no storage.</summary>
    public IStoreHandler? Store { get; init; }

    /// <summary>SOP classes stored.</summary>
    public IReadOnlyList<string> StorageSopClasses { get; init; } = [Uids.VLWholeSlideMicroscopyImageStorage];

    /// <summary>
    /// Transfer syntaxes stored, best first: what viewers open soonest comes first. Deflated ones are left out on purpose: the size of
    /// what they inflate to is not known before it is stored.
    /// </summary>
    public IReadOnlyList<TransferSyntax> StorageTransferSyntaxes { get; init; } =
    [
        TransferSyntax.JpegBaseline8Bit, TransferSyntax.Jpeg2000, TransferSyntax.Jpeg2000Lossless,
        TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ImplicitVrLittleEndian,
        TransferSyntax.JpegExtended12Bit, TransferSyntax.JpegLosslessSV1, TransferSyntax.JpegLossless,
        TransferSyntax.JpegLSLossless, TransferSyntax.JpegLSNearLossless,
        TransferSyntax.Htj2kLossless, TransferSyntax.Htj2kLosslessRpcl, TransferSyntax.Htj2k,
        TransferSyntax.JpegXLRecompression, TransferSyntax.JpegXLLossless, TransferSyntax.JpegXL, TransferSyntax.RleLossless,
    ];

    /// <summary>Commits to keeping instances; null offers no storage commitment.</summary>
    public IStorageCommitmentHandler? StorageCommitment { get; init; }

    /// <summary>Takes storage commitment reports that come on associations the other side opens; null takes none.</summary>
    public IStorageCommitmentReportHandler? StorageCommitmentReports { get; init; }

    internal IReadOnlyDictionary<string, SupportedContext> Supported()
    {
        IReadOnlyList<TransferSyntax> plain = [TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ImplicitVrLittleEndian];
        var supported = new Dictionary<string, SupportedContext> { [Uids.Verification] = new(Uids.Verification, plain) };
        if (Store is not null)
        {
            foreach (var sopClass in StorageSopClasses)
                supported[sopClass] = new SupportedContext(sopClass, StorageTransferSyntaxes);
        }

        if (StorageCommitment is not null || StorageCommitmentReports is not null)
            supported[Uids.StorageCommitmentPushModel] = new SupportedContext(Uids.StorageCommitmentPushModel, plain);
        return supported;
    }

    /// <summary>What we are for a SOP class: SCP of all we serve, SCU only of storage commitment, whose reports we take.</summary>
    internal (bool Scu, bool Scp) Roles(string sopClassUid) => sopClassUid switch
    {
        Uids.Verification => (false, true),
        Uids.StorageCommitmentPushModel => (StorageCommitmentReports is not null, StorageCommitment is not null),
        _ => (false, Store is not null && StorageSopClasses.Contains(sopClassUid)),
    };
}
