using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services.Echo;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.Tests.Part10;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>The requestor against acceptors that do what they like.</summary>
public sealed class AssociationTests
{
    private static readonly byte[] Accepted = ScriptedServer.Accept(16384, null, (1, 0, Wire.ImplicitLittle));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, 7, "called AE title not recognized")]
    [InlineData(2, 3, 2, "local limit exceeded")]
    [InlineData(1, 9, 9, "source 9, reason 9")]
    public async Task A_rejection_says_why(int result, int source, int reason, string text)
    {
        using var server = new ScriptedServer(Wire.Reject((byte)result, (byte)source, (byte)reason));

        var error = await Assert.ThrowsAsync<AssociationException>(async () => await ConnectAsync(server));

        Assert.Equal(AssociationFault.Rejected, error.Fault);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_abort_instead_of_an_answer_says_so()
    {
        using var server = new ScriptedServer(Wire.Abort(2, 1));

        Assert.Equal(AssociationFault.Aborted, (await Assert.ThrowsAsync<AssociationException>(async () => await ConnectAsync(server))).Fault);
    }

    public static TheoryData<byte[], byte[]?> BadAnswers() => new()
    {
        { Wire.Pdu(2, new byte[10]), Wire.Abort(2, 6) },
        { Wire.Pdu(3, new byte[5]), null }, // a rejection all the same: the association is over
        { Wire.PduClaiming(2, 0xFFFFFFFF), Wire.Abort(2, 6) },
        { Wire.PduClaiming(0x48, 0x54545020), Wire.Abort(2, 1) },
        { ScriptedServer.Accept(7, null, (1, 0, Wire.ImplicitLittle)), Wire.Abort(2, 6) }, // no room for a value
        { ScriptedServer.Accept(3, null, (1, 0, Wire.ImplicitLittle)), Wire.Abort(2, 6) },
        { ScriptedServer.Accept(16384, null, (1, 0, Wire.ImplicitLittle), (1, 0, Wire.ImplicitLittle)), Wire.Abort(2, 6) }, // answered twice
        { ScriptedServer.Accept(16384, null, (1, 0, Wire.Deflated)), Wire.Abort(2, 6) }, // not what was proposed
        { Wire.ReleaseRp, Wire.Abort(2, 2) },
        { Wire.AssociateRq(), Wire.Abort(2, 2) },
        { Wire.PData(Wire.Value(1, 3, 0, 0)), Wire.Abort(2, 2) },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task An_answer_that_is_none_is_aborted(byte[] answer, byte[]? abort)
    {
        using var server = new ScriptedServer(answer);

        Assert.Equal(AssociationFault.Peer, (await Assert.ThrowsAsync<AssociationException>(async () => await ConnectAsync(server))).Fault);

        await server.EndAsync();
        Assert.Equal(abort, server.LastRead);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_in_one_sentence()
    {
        using var gone = new ScriptedServer(Wire.ReleaseRp);
        var port = gone.Port;
        gone.Dispose();

        var error = await Assert.ThrowsAsync<AssociationException>(async () => await Association.ConnectAsync("localhost", port, Request(), cancellationToken: Cancel));

        Assert.Contains($"localhost:{port} cannot be reached", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Contexts_accepted_unasked_are_not_used()
    {
        using var server = new ScriptedServer(ScriptedServer.Accept(16384, null, (1, 3, Wire.ImplicitLittle), (9, 0, Wire.ImplicitLittle)), []);
        await using var association = await ConnectAsync(server);

        Assert.Empty(association.AcceptedContexts);
        Assert.Equal(AssociationFault.Rejected, (await Assert.ThrowsAsync<AssociationException>(async () => await EchoScu.EchoAsync(association, Cancel))).Fault);
    }

    [Fact]
    public async Task A_role_that_is_not_granted_ends_the_association()
    {
        using var server = new ScriptedServer(Accepted);

        var error = await Assert.ThrowsAsync<AssociationException>(async () => await Association.ConnectAsync(
            "localhost", server.Port, Request() with { AsScp = [Wire.Commitment] }, cancellationToken: Cancel));

        Assert.Contains(Wire.Commitment, error.Message, StringComparison.Ordinal);
        await server.EndAsync();
        Assert.Equal(7, server.LastRead![0]);
    }

    [Fact]
    public async Task A_release_collision_ends_well()
    {
        // Sta7 → AR-8 → Sta9 → AR-9 → Sta11 → AR-3: the requestor answers first, then takes the answer to its own request.
        using var server = new ScriptedServer(Accepted, Wire.ReleaseRq, Wire.ReleaseRp);
        await using var association = await ConnectAsync(server);

        await association.ReleaseAsync(Cancel);

        await association.DisposeAsync();
        await server.EndAsync();
        Assert.Null(server.LastRead);
    }

    [Fact]
    public async Task A_peer_that_hangs_up_instead_of_answering_is_found_out()
    {
        using var server = new ScriptedServer(Accepted);
        await using var association = await ConnectAsync(server);

        await Assert.ThrowsAsync<AssociationException>(async () => await EchoScu.EchoAsync(association, Cancel));
    }

    [Fact]
    public async Task An_abort_while_we_send_is_found_behind_the_write_that_fails()
    {
        using var temp = new TempFile(WsiFile.WithFragments(1, [], [WsiFile.Frame(1, 30_000_000)]));
        using var file = Part10File.Open(temp.Path);
        using var server = new ScriptedServer(ScriptedServer.Accept(16384, null, (1, 0, Wire.JpegBaseline)), Wire.Abort(0, 0));
        var request = Request() with { Contexts = [(Wire.WsiStorage, TransferSyntax.JpegBaseline8Bit)] };
        await using var association = await Association.ConnectAsync("localhost", server.Port, request, cancellationToken: Cancel);

        var error = await Assert.ThrowsAsync<AssociationException>(async () => await StoreScu.SendAsync(association, file, null, Cancel));

        Assert.Equal(AssociationFault.Aborted, error.Fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commitment_report_is_taken_before_or_after_the_answer_to_the_request(bool before)
    {
        byte[] answer = Wire.Command(3, Wire.CommandSet(Wire.Us(0x0100, 0x8130), Wire.Us(0x0120, 1), Wire.Us(0x0800, 0x0101), Wire.Us(0x0900, 0)));
        var instance = new InstanceReference(Wire.WsiStorage, "2.25.7");
        using var server = new ScriptedServer(
            _ => ScriptedServer.Accept(16384, null, (3, 0, Wire.ImplicitLittle)),
            _ => [], // the request's command
            request =>
            {
                var transaction = DicomDataSet.Load(request.AsMemory(12), TransferSyntax.ImplicitVrLittleEndian).GetString(Tags.TransactionUID)!;
                byte[] late = Report(1, "1.2.3", instance), report = Report(2, transaction, instance);
                return before ? [.. late, .. report, .. answer] : [.. answer, .. late, .. report];
            },
            _ => []); // the answer to the late report
        await using var association = await ConnectAsync(server);

        var result = await StorageCommitmentScu.RequestAsync(association, [instance], Cancel);

        Assert.Equal([instance], result.Committed);
        Assert.NotEqual("1.2.3", result.TransactionUid);
    }

    [Fact]
    public async Task A_report_the_requester_did_not_wait_for_is_brought_to_it_with_the_roles_turned()
    {
        var taken = new TakenReports();
        await using var scanner = new ListenerUnderTest(reports: taken, title: "SCANNER");
        var commitment = new CommitsToAll { Target = scanner.EndPoint.Port };
        await using var listener = new ListenerUnderTest(commitment: commitment);

        using (var peer = await RawPeer.AssociateAsync(listener.EndPoint))
        {
            var action = Wire.CommandSet(
                Wire.Ui(0x0003, Wire.Commitment), Wire.Us(0x0100, 0x0130), Wire.Us(0x0110, 1), Wire.Us(0x0800, 1),
                Wire.Ui(0x1001, Wire.CommitmentInstance), Wire.Us(0x1008, 1));
            var request = CommitmentDataSets.Request("2.25.99", [new InstanceReference(Wire.WsiStorage, "2.25.7")]);
            await peer.SendAllAsync([Wire.Command(5, action), Wire.Data(5, request.ToBytes(TransferSyntax.ImplicitVrLittleEndian)), Wire.ReleaseRq]);
            while ((await peer.ReadPduAsync())[0] != 6)
            {
                // The answer and the report, which nobody answers.
            }
        }

        Assert.Equal("2.25.99", (await taken.NextAsync()).TransactionUid);
    }

    private static AssociationRequest Request(string called = "SERVER") => new()
    {
        CallingAETitle = "CLIENT",
        CalledAETitle = called,
        Contexts = [(Uids.Verification, TransferSyntax.ImplicitVrLittleEndian), (Uids.StorageCommitmentPushModel, TransferSyntax.ImplicitVrLittleEndian)],
    };

    private static byte[] Report(int messageId, string transaction, InstanceReference instance)
    {
        var command = Wire.CommandSet(
            Wire.Ui(0x0002, Wire.Commitment), Wire.Us(0x0100, 0x0100), Wire.Us(0x0110, messageId), Wire.Us(0x0800, 1),
            Wire.Ui(0x1000, Wire.CommitmentInstance), Wire.Us(0x1002, 1));
        var dataSet = CommitmentDataSets.Report(new CommitmentResult(transaction, [instance], [])).ToBytes(TransferSyntax.ImplicitVrLittleEndian);
        return [.. Wire.Command(3, command), .. Wire.Data(3, dataSet)];
    }

    private static Task<Association> ConnectAsync(ScriptedServer server) =>
        Association.ConnectAsync("localhost", server.Port, Request(), cancellationToken: Cancel);

    /// <summary>Commits to everything.</summary>
    private sealed class CommitsToAll : IStorageCommitmentHandler
    {
        public required int Target { get; init; }

        public ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new CommitmentResult(request.TransactionUid, request.Instances, []));

        public async ValueTask UndeliveredAsync(AssociationInfo association, CommitmentResult result) =>
            await StorageCommitmentReport.SendAsync("localhost", Target, ("SERVER", "SCANNER"), null, result, cancellationToken: Cancel);
    }

    /// <summary>Remembers the reports it is brought.</summary>
    private sealed class TakenReports : IStorageCommitmentReportHandler
    {
        private readonly TaskCompletionSource<CommitmentResult> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<CommitmentResult> NextAsync() => _first.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public ValueTask ReportedAsync(CommitmentResult result, CancellationToken cancellationToken)
        {
            _first.TrySetResult(result);
            return ValueTask.CompletedTask;
        }
    }
}
