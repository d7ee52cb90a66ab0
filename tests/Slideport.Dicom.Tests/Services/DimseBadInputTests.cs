using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.Tests.UpperLayer;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.Services;

/// <summary>Messages no well-meaning peer sends, byte by byte: each gets its status, and the association goes on.</summary>
public sealed class DimseBadInputTests
{
    private static readonly byte[] SomeData = [8, 0, 0x16, 0, (byte)'U', (byte)'I', 0, 0];

    /// <summary>What is sent, and the status that answers it. Rows of docs/bad-input.md are named.</summary>
    private static readonly Dictionary<string, (byte[] Sent, int Status)> Messages = new()
    {
        ["U25 C-STORE without a data set"] = (Wire.Command(3, Wire.StoreRq(1, dataSetType: 0x0101)), 0x0212),
        ["U25 C-STORE without an instance UID"] = ([.. Wire.Command(3, Wire.StoreRq(1, instance: "")), .. Wire.Data(3, SomeData)], 0x0120),
        ["U25 C-STORE without a class UID"] = ([.. Wire.Command(3, Wire.StoreRq(1, sopClass: "")), .. Wire.Data(3, SomeData)], 0x0120),
        ["C-STORE of another class than its context's"] =
            ([.. Wire.Command(3, Wire.StoreRq(1, sopClass: "1.2.3")), .. Wire.Data(3, SomeData)], 0x0122),
        ["U25 C-STORE with data set type 0001"] = ([.. Wire.Command(3, Wire.StoreRq(1, dataSetType: 1)), .. Wire.Data(3, SomeData)], 0),
        ["U25 C-STORE with data set type 0000"] = ([.. Wire.Command(3, Wire.StoreRq(1, dataSetType: 0)), .. Wire.Data(3, SomeData)], 0),
        ["U25 C-STORE with data set type FFFE"] = ([.. Wire.Command(3, Wire.StoreRq(1, dataSetType: 0xFFFE)), .. Wire.Data(3, SomeData)], 0),
        ["U16 C-STORE of odd fragments"] = ([.. Wire.Command(3, Wire.StoreRq(1)), .. Wire.PData(Wire.Value(3, 0, 1)), .. Wire.Data(3, 2)], 0),
        ["U15 C-STORE whose last value is empty"] =
            ([.. Wire.Command(3, Wire.StoreRq(1)), .. Wire.PData(Wire.Value(3, 0, 1, 2)), .. Wire.Data(3)], 0),
        ["C-STORE with an empty data set"] = ([.. Wire.Command(3, Wire.StoreRq(1)), .. Wire.Data(3)], 0),
        ["C-STORE in one PDU"] = (Wire.PData([.. Wire.Value(3, 3, Wire.StoreRq(1)), .. Wire.Value(3, 2, SomeData)]), 0),
        ["U18 unknown command 0xABC"] = (Wire.Command(1, Command(0x0ABC)), 0x0211),
        ["C-FIND"] = ([.. Wire.Command(3, Command(0x0020, dataSetType: 1)), .. Wire.Data(3, SomeData)], 0x0211),
        ["no command field"] = (Wire.Command(1, Wire.CommandSet(Wire.Us(0x0110, 7), Wire.Us(0x0800, 0x0101))), 0x0211),
        ["U18 command without group length"] = (Wire.Command(1, Wire.EchoRq(7)[12..]), 0),
        ["group length that lies"] = (Wire.Command(1, [.. Wire.Element(0, 0xFF, 0xFF, 0xFF, 0x7F), .. Wire.EchoRq(7)[12..]]), 0),
        ["U18 command of single bytes"] = ([.. SingleBytes(1, Wire.EchoRq(7))], 0),
        ["C-ECHO with a data set"] =
            ([.. Wire.Command(1, Wire.CommandSet(Wire.Us(0x0100, 0x0030), Wire.Us(0x0110, 7), Wire.Us(0x0800, 1))), .. Wire.Data(1, SomeData)], 0),
        ["C-ECHO on the storage context"] = (Wire.Command(3, Wire.EchoRq(7)), 0x0122),
        ["C-ECHO of another class"] =
            (Wire.Command(1, Wire.CommandSet(Wire.Ui(0x0002, Wire.WsiStorage), Wire.Us(0x0100, 0x0030), Wire.Us(0x0110, 7), Wire.Us(0x0800, 0x0101))), 0x0122),
        ["C-STORE on the verification context"] =
            ([.. Wire.Command(1, Wire.StoreRq(1, sopClass: Wire.Verification)), .. Wire.Data(1, SomeData)], 0x0122),
        ["C-STORE on the commitment context"] =
            ([.. Wire.Command(5, Wire.StoreRq(1, sopClass: Wire.Commitment)), .. Wire.Data(5, SomeData)], 0x0122),
        ["N-ACTION on the storage context"] = ([.. Wire.Command(3, Action()), .. Wire.Data(3, Request("1.2", "3.4"))], 0x0122),
        ["N-EVENT-REPORT on the verification context"] = ([.. Wire.Command(1, Report()), .. Wire.Data(1, SomeData)], 0x0122),
        ["N-ACTION without a data set"] = (Wire.Command(5, Action(dataSetType: 0x0101)), 0x0212),
        ["N-ACTION of an unknown type"] = ([.. Wire.Command(5, Action(type: 2)), .. Wire.Data(5, SomeData)], 0x0123),
        ["N-ACTION on another instance"] = ([.. Wire.Command(5, Action(instance: "1.2.3")), .. Wire.Data(5, Request("1.2", "3.4"))], 0x0112),
        ["N-ACTION with garbage"] = ([.. Wire.Command(5, Action()), .. Wire.Data(5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1)], 0x0115),
        ["N-ACTION naming no instance"] = ([.. Wire.Command(5, Action()), .. Wire.Data(5, Request("1.2"))], 0x0115),
        ["N-ACTION whose transaction is no UID"] = ([.. Wire.Command(5, Action()), .. Wire.Data(5, NotAscii(Request("1.2.777", "3.4"), "1.2.777"))], 0x0115),
        ["N-ACTION naming an instance that is no UID"] = ([.. Wire.Command(5, Action()), .. Wire.Data(5, NotAscii(Request("1.2", "3.4.777"), "3.4.777"))], 0x0115),
        ["C-STORE of a UID that is none, taken by a handler that does not look"] =
            ([.. Wire.Command(3, NotAscii(Wire.StoreRq(1, instance: "2.25.777"), "2.25.777")), .. Wire.Data(3, SomeData)], 0),
        ["C-STORE of a class that is none"] =
            ([.. Wire.Command(3, NotAscii(Wire.StoreRq(1, sopClass: "2.25.777"), "2.25.777")), .. Wire.Data(3, SomeData)], 0x0122),
        ["a message id no US holds"] =
            (Wire.Command(1, Wire.CommandSet(Wire.Ui(0x0002, Wire.Verification), Wire.Us(0x0100, 0x0030), Wire.Element(0x0110, 0, 0, 1, 0), Wire.Us(0x0800, 0x0101))), 0),
        ["N-EVENT-REPORT nobody takes"] = ([.. Wire.Command(5, Report()), .. Wire.Data(5, SomeData)], 0x0211),
    };

    public static TheoryData<string> Names() => [.. Messages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_strange_message_gets_its_status_and_the_association_goes_on(string name)
    {
        await using var listener = new ListenerUnderTest(commitment: new Commitment());
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(Messages[name].Sent);

        Assert.Equal(Messages[name].Status, await peer.ReadStatusAsync());
        await peer.EchoAsync();
    }

    [Fact]
    public async Task Requests_sent_ahead_are_served_in_order()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.Data(3, 1, 1), Wire.Command(3, Wire.StoreRq(2)), Wire.Data(3, 2, 2)]);

        Assert.Equal(1, (await peer.ReadCommandAsync()).GetInt32(Tags.MessageIDBeingRespondedTo));
        Assert.Equal(2, (await peer.ReadCommandAsync()).GetInt32(Tags.MessageIDBeingRespondedTo));
        Assert.Equal([1, 1], (await listener.Store.NextAsync()).Bytes);
        Assert.Equal([2, 2], (await listener.Store.NextAsync()).Bytes);
    }

    // U24: what is sent ahead is read only after the one before was answered, and its id is free again then. So nothing is ever in use twice.
    [Fact]
    public async Task Two_requests_sent_ahead_with_the_same_message_id_are_served_in_order()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(
            [.. Wire.Command(3, Wire.StoreRq(1, "2.25.1")), .. Wire.Data(3, 1, 1), .. Wire.Command(3, Wire.StoreRq(1, "2.25.2")), .. Wire.Data(3, 2, 2)]);

        Assert.Equal("2.25.1", (await peer.ReadCommandAsync()).GetString(Tags.AffectedSOPInstanceUID));
        Assert.Equal("2.25.2", (await peer.ReadCommandAsync()).GetString(Tags.AffectedSOPInstanceUID));
        Assert.Equal([1, 1], (await listener.Store.NextAsync()).Bytes);
        Assert.Equal([2, 2], (await listener.Store.NextAsync()).Bytes);
    }

    [Fact]
    public async Task C_CANCEL_is_not_answered()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(Wire.Command(3, Wire.CommandSet(Wire.Us(0x0100, 0x0FFF), Wire.Us(0x0120, 1), Wire.Us(0x0800, 0x0101))));

        await peer.EchoAsync();
    }

    [Fact]
    public async Task A_response_to_nothing_ends_the_association()
    {
        await using var listener = new ListenerUnderTest();
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(Wire.Command(1, Wire.EchoRsp(1)));

        Assert.Equal(Wire.Abort(2, 5), await peer.ReadPduAsync());
    }

    [Fact]
    public async Task A_command_that_never_ends_is_cut_off_at_the_limit()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxCommandBytes = 1000 });
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync(Enumerable.Repeat(Wire.PData(Wire.Value(1, 1, new byte[100])), 11));

        Assert.Equal(Wire.Abort(2, 6), await peer.ReadPduAsync());
    }

    [Fact]
    public async Task A_commitment_request_beyond_the_limit_is_drained_and_refused()
    {
        await using var listener = new ListenerUnderTest(new AssociationLimits { MaxMessageDataSetBytes = 1000 }, commitment: new Commitment());
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(5, Action()), .. Enumerable.Repeat(Wire.PData(Wire.Value(5, 0, new byte[500])), 3), Wire.Data(5)]);

        Assert.Equal(0x0115, await peer.ReadStatusAsync());
        await peer.EchoAsync();
    }

    [Fact]
    public async Task An_instance_cut_off_is_given_up_and_never_completed()
    {
        await using var listener = new ListenerUnderTest();
        using (var peer = await RawPeer.AssociateAsync(listener.EndPoint))
            await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.PData(Wire.Value(3, 0, 1, 2))]);

        Assert.False((await listener.Store.NextAsync()).IsComplete);
        Assert.False((await listener.Store.NextClosedAsync()).Released);
    }

    public static TheoryData<Exception, int> Failures() => new()
    {
        { new IOException("No space left"), 0xA700 },
        { new InvalidOperationException("A bug"), 0x0110 },
        { new OperationCanceledException("A time-out of the handler's own"), 0x0110 },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_handler_failing_in_the_middle_costs_its_instance_and_the_rest_is_drained(Exception failure, int status)
    {
        await using var listener = new ListenerUnderTest();
        listener.Store.Write = (_, _) => throw failure;
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.PData(Wire.Value(3, 0, new byte[9000])), Wire.PData(Wire.Value(3, 0, new byte[9000])), Wire.Data(3, 1)]);

        Assert.Equal(status, await peer.ReadStatusAsync());
        Assert.False((await listener.Store.NextAsync()).IsComplete);
        var failed = await listener.EventAsync(AssociationEventKind.MessageFailed);
        Assert.Contains("2.25.7", failed.Text, StringComparison.Ordinal);
        Assert.NotNull(failed.Error);
        await peer.EchoAsync();
    }

    [Fact]
    public async Task An_error_comment_is_cut_to_what_a_peer_can_read()
    {
        await using var listener = new ListenerUnderTest();
        listener.Store.Complete = () => new StoreOutcome(DimseStatus.CannotUnderstand, new string('x', 200));
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.Data(3, 1, 2)]);

        Assert.Equal(new string('x', 64), (await peer.ReadCommandAsync()).GetString(Tags.ErrorComment));
    }

    [Fact]
    public async Task A_commitment_handler_that_fails_reports_every_instance_failed()
    {
        await using var listener = new ListenerUnderTest(commitment: new Commitment { Fails = true });
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(5, Action()), Wire.Data(5, Request("1.2", "3.4"))]);

        Assert.Equal(0, await peer.ReadStatusAsync());
        Assert.Equal(2, (await peer.ReadCommandAsync()).GetInt32(Tags.EventTypeID));
        var report = await peer.ReadCommandAsync();
        Assert.Equal("1.2", report.GetString(Tags.TransactionUID));
        Assert.Equal(0x0110, report.GetItem(Tags.FailedSOPSequence)!.GetInt32(Tags.FailureReason));
        await peer.EchoAsync();
    }

    [Fact]
    public async Task An_error_comment_carries_no_character_its_peer_could_choke_on()
    {
        await using var listener = new ListenerUnderTest();
        listener.Store.Complete = () => new StoreOutcome(DimseStatus.CannotUnderstand, "Donn\u00E9es\\\n");
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(3, Wire.StoreRq(1)), Wire.Data(3, 1, 2)]);

        Assert.Equal("Donn?es??", (await peer.ReadCommandAsync()).GetString(Tags.ErrorComment));
        await peer.EchoAsync();
    }

    [Fact]
    public async Task Whoever_answers_no_report_gets_no_more_commitments()
    {
        await using var listener = new ListenerUnderTest(commitment: new Commitment());
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        for (var i = 0; i < 16; i++)
        {
            await peer.SendAllAsync([Wire.Command(5, Action()), Wire.Data(5, Request("1.2", "3.4"))]);
            Assert.Equal(0, await peer.ReadStatusAsync());
            await peer.ReadPduAsync();
            await peer.ReadPduAsync();
        }

        await peer.SendAllAsync([Wire.Command(5, Action()), Wire.Data(5, Request("1.2", "3.4"))]);

        Assert.Equal(0x0213, await peer.ReadStatusAsync());
        await peer.EchoAsync();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0x0110, 1)]
    public async Task A_report_that_is_refused_counts_as_not_delivered(int answer, int undelivered)
    {
        var commitment = new Commitment();
        await using var listener = new ListenerUnderTest(commitment: commitment);
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);
        await peer.SendAllAsync([Wire.Command(5, Action()), Wire.Data(5, Request("1.2", "3.4"))]);
        await peer.ReadPduAsync();
        var report = await peer.ReadCommandAsync();
        await peer.ReadPduAsync();

        await peer.SendAsync(Wire.Command(5, ReportAnswer(report.GetInt32(Tags.MessageID)!.Value, answer)));
        await peer.ReleaseAsync();
        await listener.EventAsync(AssociationEventKind.Released);

        Assert.Equal(undelivered, await commitment.UndeliveredAfterAsync(listener));
    }

    [Theory]
    [InlineData(1, 0x0101, "", 0x0212)]
    [InlineData(3, 1, "1.2", 0x0113)]
    [InlineData(1, 1, "", 0x0115)]
    [InlineData(1, 1, "1.2", 0)]
    public async Task A_report_that_says_nothing_is_refused(int eventType, int dataSetType, string transaction, int status)
    {
        await using var listener = new ListenerUnderTest(reports: new Reports());
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAsync(Wire.Command(5, Report(eventType, dataSetType)));
        if (dataSetType == 1)
            await peer.SendAsync(Wire.Data(5, Request(transaction, "3.4")));

        Assert.Equal(status, await peer.ReadStatusAsync());
        await peer.EchoAsync();
    }

    [Fact]
    public async Task What_is_sent_right_behind_a_commitment_request_is_served_too()
    {
        await using var listener = new ListenerUnderTest(commitment: new Commitment());
        using var peer = await RawPeer.AssociateAsync(listener.EndPoint);

        await peer.SendAllAsync([Wire.Command(5, Action()), Wire.Data(5, Request("1.2", "3.4")), Wire.Command(3, Wire.StoreRq(9)), Wire.Data(3, 1, 2)]);

        Assert.Equal(0, await peer.ReadStatusAsync());
        var report = await peer.ReadCommandAsync();
        Assert.Equal((0x0100, 1), (report.GetInt32(Tags.CommandField), report.GetInt32(Tags.EventTypeID)));
        await peer.ReadPduAsync();
        Assert.Equal(9, (await peer.ReadCommandAsync()).GetInt32(Tags.MessageIDBeingRespondedTo));
        await peer.SendAsync(Wire.Command(5, ReportAnswer(report.GetInt32(Tags.MessageID)!.Value)));
        await peer.ReleaseAsync();
    }

    private static byte[] Command(int field, int dataSetType = 0x0101) =>
        Wire.CommandSet(Wire.Us(0x0100, field), Wire.Us(0x0110, 7), Wire.Us(0x0800, dataSetType));

    private static byte[] Action(int type = 1, string instance = Wire.CommitmentInstance, int dataSetType = 1) => Wire.CommandSet(
        Wire.Ui(0x0003, Wire.Commitment), Wire.Us(0x0100, 0x0130), Wire.Us(0x0110, 7), Wire.Us(0x0800, dataSetType),
        Wire.Ui(0x1001, instance), Wire.Us(0x1008, type));

    private static byte[] Report(int eventType = 1, int dataSetType = 1) => Wire.CommandSet(
        Wire.Ui(0x0002, Wire.Commitment), Wire.Us(0x0100, 0x0100), Wire.Us(0x0110, 7), Wire.Us(0x0800, dataSetType),
        Wire.Ui(0x1000, Wire.CommitmentInstance), Wire.Us(0x1002, eventType));

    private static byte[] ReportAnswer(int messageId, int status = 0) =>
        Wire.CommandSet(Wire.Us(0x0100, 0x8100), Wire.Us(0x0120, messageId), Wire.Us(0x0800, 0x0101), Wire.Us(0x0900, status));

    // The last digit of a UID made a letter that ASCII lacks.
    private static byte[] NotAscii(byte[] bytes, string uid)
    {
        bytes[bytes.AsSpan().IndexOf(Wire.Ascii(uid)) + uid.Length - 1] = 0xE9;
        return bytes;
    }

    private static byte[] Request(string transaction, params string[] instances) => new DicomDataSet()
        .Set(Tags.TransactionUID, transaction)
        .Set(Tags.ReferencedSOPSequence, [.. instances.Select(i => new DicomDataSet().Set(Tags.ReferencedSOPClassUID, Wire.WsiStorage).Set(Tags.ReferencedSOPInstanceUID, i))])
        .ToBytes(TransferSyntax.ImplicitVrLittleEndian);

    private static IEnumerable<byte> SingleBytes(byte context, byte[] command) =>
        command.SelectMany((b, i) => Wire.PData(Wire.Value(context, (byte)(i == command.Length - 1 ? 3 : 1), b)));

    /// <summary>Commits to everything, or fails.</summary>
    private sealed class Commitment : IStorageCommitmentHandler
    {
        private int _undelivered;

        public bool Fails { get; init; }

        public ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken) =>
            Fails ? throw new InvalidOperationException("A bug") : ValueTask.FromResult(new CommitmentResult(request.TransactionUid, request.Instances, []));

        public ValueTask UndeliveredAsync(AssociationInfo association, CommitmentResult result)
        {
            _undelivered++;
            return ValueTask.CompletedTask;
        }

        // Reports are handed over when the association has ended: when its listener has stopped, all are.
        public async Task<int> UndeliveredAfterAsync(ListenerUnderTest listener)
        {
            await listener.Listener.StopAsync(TimeSpan.FromSeconds(10));
            return _undelivered;
        }
    }

    /// <summary>Takes every report.</summary>
    private sealed class Reports : IStorageCommitmentReportHandler
    {
        public ValueTask ReportedAsync(CommitmentResult result, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
