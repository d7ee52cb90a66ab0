using CsCheck;
using Slideport.Dicom.UpperLayer;
using Slideport.Dicom.UpperLayer.Pdu;

namespace Slideport.Dicom.Tests.UpperLayer;

public sealed class PduTests
{
    private static readonly uint[] HostileLengths = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF];

    [Fact]
    public void An_association_request_is_read_item_by_item()
    {
        var role = Wire.Item(0x54, [0, 17, .. Wire.Ascii(Wire.Verification), 0, 1]);
        var bytes = Wire.AssociateRq(
            contexts: Wire.Context(7, Wire.WsiStorage, Wire.JpegBaseline, Wire.ExplicitLittle),
            user: Wire.UserInformation(131072, [.. Wire.Item(0x55, Wire.Ascii("OFFIS_DCMTK_367")), .. role]));

        var request = AAssociateRq.Parse(bytes.AsSpan(6));

        Assert.Equal(1, request.ProtocolVersion);
        Assert.Equal(("SLIDEPORT", "SCANNER", Wire.ApplicationContext), (request.CalledAETitle, request.CallingAETitle, request.ApplicationContext));
        var context = Assert.Single(request.Contexts);
        Assert.Equal((7, Wire.WsiStorage), (context.Id, context.AbstractSyntax));
        Assert.Equal([Wire.JpegBaseline, Wire.ExplicitLittle], context.TransferSyntaxes);
        Assert.Equal((131072u, "1.2.3.4", "OFFIS_DCMTK_367"), (request.User.MaxPduLength, request.User.ImplementationClassUid, request.User.ImplementationVersionName));
        Assert.Equal(new RoleSelection(Wire.Verification, Scu: false, Scp: true), Assert.Single(request.User.Roles));
    }

    [Fact]
    public void An_association_request_is_written_as_the_standard_draws_it()
    {
        var request = new AAssociateRq(
            1, "SLIDEPORT", "SCANNER", Wire.ApplicationContext,
            [new ProposedContext(1, Wire.Verification, [Wire.ImplicitLittle]), new ProposedContext(3, Wire.WsiStorage, [Wire.ExplicitLittle])],
            new UserInformation(16384, "1.2.3.4", null, []));

        var contexts = Wire.Context(1, Wire.Verification, Wire.ImplicitLittle).Concat(Wire.Context(3, Wire.WsiStorage, Wire.ExplicitLittle)).ToArray();
        Assert.Equal(Wire.AssociateRq(contexts), request.ToBytes());
    }

    [Theory]
    [InlineData("SCANNER\0\0\0\0\0\0\0\0\0")]
    [InlineData("  SCANNER       ")]
    public void Titles_are_accepted_padded_with_anything_anywhere(string calling) =>
        Assert.Equal("SCANNER", AAssociateRq.Parse(Wire.AssociateRq(calling: calling).AsSpan(6)).CallingAETitle);

    [Theory]
    [InlineData("\0")]
    [InlineData(" ")]
    public void A_padded_UID_is_the_UID(string padding)
    {
        var request = AAssociateRq.Parse(Wire.AssociateRq(Wire.Context(1, Wire.Verification + padding, Wire.ImplicitLittle + padding)).AsSpan(6));

        Assert.Equal(Wire.Verification, request.Contexts[0].AbstractSyntax);
        Assert.Equal(Wire.ImplicitLittle, request.Contexts[0].TransferSyntaxes[0]);
    }

    [Fact]
    public void Unknown_items_are_skipped_and_user_identity_is_ignored()
    {
        var user = Wire.UserInformation(
            16384,
            [
                .. Wire.Item(0x53, [0, 1, 0, 1]), .. Wire.Item(0x56, [0, 1, 65, 1]), .. Wire.Item(0x57, [0, 1, 65]),
                .. Wire.Item(0x58, [2, 0, 0, 1, 65, 0, 1, 66]), .. Wire.Item(0x7E, new byte[300]),
            ]);

        var request = AAssociateRq.Parse(Wire.AssociateRq(user: user, extra: Wire.Item(0x77, [1, 2, 3])).AsSpan(6));

        Assert.Equal(3, request.Contexts.Count);
        Assert.Equal(16384u, request.User.MaxPduLength);
    }

    [Fact]
    public void A_rejection_and_an_abort_are_read_and_written()
    {
        Assert.Equal(new AAssociateRj(2, 3, 2), AAssociateRj.Parse(Wire.Reject(2, 3, 2).AsSpan(6)));
        Assert.Equal(Wire.Reject(2, 3, 2), AAssociateRj.LocalLimitExceeded.ToBytes());
        Assert.Equal(new AAbort(2, AbortReason.InvalidParameterValue), AAbort.Parse(Wire.Abort(2, 6).AsSpan(6)));
        Assert.Equal(Wire.Abort(0, 0), AAbort.ByUser.ToBytes());
        Assert.Equal(Wire.ReleaseRq, ARelease.Rq);
        Assert.Equal(Wire.ReleaseRp, ARelease.Rp);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void The_short_PDUs_are_four_bytes_long(int length)
    {
        var body = new byte[length];

        Assert.Equal(AbortReason.InvalidParameterValue, Assert.Throws<PduException>(() => AAssociateRj.Parse(body)).Reason);
        Assert.Equal(AbortReason.InvalidParameterValue, Assert.Throws<PduException>(() => AAbort.Parse(body)).Reason);
        Assert.Equal(AbortReason.InvalidParameterValue, Assert.Throws<PduException>(() => ARelease.Check(body)).Reason);
    }

    [Fact]
    public void Every_truncation_of_a_request_is_refused_or_ends_between_two_items()
    {
        var body = Wire.AssociateRq(user: Wire.UserInformation(1, Wire.Item(0x54, [0, 3, 49, 46, 50, 1, 1])))[6..];

        for (var length = 0; length < body.Length; length++)
            ParsesOrRefuses(() => AAssociateRq.Parse(body.AsSpan(0, length)));
    }

    [Fact]
    public void Every_truncation_of_an_answer_is_refused_or_ends_between_two_items()
    {
        var body = Accept().ToBytes()[6..];

        for (var length = 0; length < body.Length; length++)
            ParsesOrRefuses(() => AAssociateAc.Parse(body.AsSpan(0, length)));
    }

    [Fact]
    public void Any_two_bytes_of_a_request_or_answer_may_be_a_hostile_length()
    {
        byte[][] lengths = [[0, 0], [0, 1], [0x7F, 0xFF], [0x80, 0], [0xFF, 0xFE], [0xFF, 0xFF]];
        var rq = Wire.AssociateRq()[6..];
        var ac = Accept().ToBytes()[6..];

        foreach (var length in lengths)
        {
            for (var i = 0; i < rq.Length - 1; i++)
                ParsesOrRefuses(() => AAssociateRq.Parse([.. rq[..i], .. length, .. rq[(i + 2)..]]));
            for (var i = 0; i < ac.Length - 1; i++)
                ParsesOrRefuses(() => AAssociateAc.Parse([.. ac[..i], .. length, .. ac[(i + 2)..]]));
        }
    }

    [Fact]
    public void Every_truncation_and_every_length_of_a_value_stays_inside_its_PDU()
    {
        var body = Wire.Value(1, 3, 1, 2, 3, 4);
        for (var length = 0; length < body.Length; length++)
        {
            var cut = length;
            Assert.Equal(AbortReason.InvalidParameterValue, Assert.Throws<PduException>(() => PDataTf.ReadValue(body.AsSpan(0, cut), 0)).Reason);
        }

        foreach (var length in HostileLengths.Append((uint)body.Length))
        {
            byte[] lying = [.. Wire.UInt32(length), .. body[4..]];
            Assert.Throws<PduException>(() => PDataTf.ReadValue(lying, 0));
        }

        Assert.Equal(new PresentationDataValue(1, true, true, 6, 4), PDataTf.ReadValue(body, 0));
    }

    [Fact]
    public void Any_bytes_are_parsed_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        ParsesOrRefuses(() => AAssociateRq.Parse(bytes));
        ParsesOrRefuses(() => AAssociateAc.Parse(bytes));
        ParsesOrRefuses(() => PDataTf.ReadValue(bytes, 0));
    });

    [Fact]
    public void What_is_written_is_read_back_equal()
    {
        var uid = Gen.Char["0123456789."].Array[1, 64].Select(c => new string(c));
        var context = Gen.Select(uid, uid.List[1, 4]);
        Gen.Select(context.List[1, 20], Gen.UInt, uid).Sample((contexts, max, implementation) =>
        {
            var request = new AAssociateRq(
                1, "A", "B", Wire.ApplicationContext, [.. contexts.Select((c, i) => new ProposedContext((byte)((2 * i) + 1), c.Item1, c.Item2))],
                new UserInformation(max, implementation, "V", [new RoleSelection("1.2", true, false)]));

            Assert.Equal(request.ToBytes(), AAssociateRq.Parse(request.ToBytes().AsSpan(6)).ToBytes());
        });
    }

    private static AAssociateAc Accept() => new(
        "SLIDEPORT", "SCANNER", [new AnsweredContext(1, ContextResult.Acceptance, Wire.ImplicitLittle)],
        new UserInformation(16384, "1.2.3.4", "V", [new RoleSelection("1.2", true, true)]));

    private static void ParsesOrRefuses(Action parse)
    {
        try
        {
            parse();
        }
        catch (PduException e)
        {
            Assert.Equal(AbortReason.InvalidParameterValue, e.Reason);
        }
    }
}
