using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.UpperLayer;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class ContextNegotiationTests
{
    private static readonly Dictionary<string, SupportedContext> Supported = new()
    {
        [Wire.WsiStorage] = new SupportedContext(Wire.WsiStorage, [TransferSyntax.JpegBaseline8Bit, TransferSyntax.ExplicitVrLittleEndian]),
    };

    [Fact]
    public void The_acceptor_chooses_in_its_own_order() =>
        Assert.Equal(
            new AnsweredContext(1, ContextResult.Acceptance, Wire.JpegBaseline),
            Answer(new ProposedContext(1, Wire.WsiStorage, [Wire.Deflated, Wire.ExplicitLittle, Wire.JpegBaseline])));

    [Fact]
    public void An_unknown_abstract_syntax_is_result_3() =>
        Assert.Equal(ContextResult.AbstractSyntaxNotSupported, Answer(new ProposedContext(1, "1.2.3", [Wire.ImplicitLittle])).Result);

    [Fact]
    public void Only_unknown_transfer_syntaxes_are_result_4() =>
        Assert.Equal(ContextResult.TransferSyntaxesNotSupported, Answer(new ProposedContext(1, Wire.WsiStorage, ["1.2.3", "1.2.4"])).Result);

    [Fact]
    public void A_context_without_transfer_syntaxes_is_result_4() =>
        Assert.Equal(ContextResult.TransferSyntaxesNotSupported, Answer(new ProposedContext(1, Wire.WsiStorage, [])).Result);

    [Fact]
    public void Deflated_is_never_among_what_is_stored() =>
        Assert.DoesNotContain(new DicomServices().StorageTransferSyntaxes, s => s.Uid == Wire.Deflated);

    [Fact]
    public void Roles_are_granted_where_they_fit_ours_and_each_class_once()
    {
        static (bool Scu, bool Scp) Ours(string uid) => uid switch { Wire.WsiStorage => (false, true), Wire.Commitment => (true, true), _ => (false, false) };

        var granted = ContextNegotiation.Roles(
            [new(Wire.WsiStorage, true, true), new(Wire.Commitment, false, true), new("1.2.3", true, true), new(Wire.WsiStorage, false, true)], Ours);

        Assert.Equal([new RoleSelection(Wire.WsiStorage, true, false), new RoleSelection(Wire.Commitment, false, true)], granted);
    }

    private static AnsweredContext Answer(ProposedContext proposed) => ContextNegotiation.Answer([proposed], Supported)[0];
}
