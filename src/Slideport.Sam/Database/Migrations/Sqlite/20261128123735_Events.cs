using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Events : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "Change",
                table: "Slides",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<int>(
                name: "CriticalEvents",
                table: "ScannerHours",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "Events",
                table: "ScannerHours",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "ChangeCounters",
                columns: table => new
                {
                    Name = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Last = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ChangeCounters", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "Events",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Sender = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    SenderId = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    SerialNumber = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    OccurredAt = table.Column<long>(type: "INTEGER", nullable: false),
                    ReceivedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Severity = table.Column<int>(type: "INTEGER", nullable: false),
                    Code = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Component = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Text = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    Rack = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    Slot = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    ImageId = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    SeriesInstanceUid = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    Suppressed = table.Column<int>(type: "INTEGER", nullable: false),
                    Parsed = table.Column<bool>(type: "INTEGER", nullable: false),
                    AcknowledgedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    AcknowledgedBy = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Note = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Events", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "OpenEvents",
                columns: table => new
                {
                    EventId = table.Column<long>(type: "INTEGER", nullable: false),
                    SerialNumber = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Code = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Severity = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OpenEvents", x => x.EventId);
                    table.ForeignKey(
                        name: "FK_OpenEvents_Events_EventId",
                        column: x => x.EventId,
                        principalTable: "Events",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            // Slides that are known already: any order of them will do.
            migrationBuilder.Sql("UPDATE \"Slides\" SET \"Change\" = \"Id\";");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Change",
                table: "Slides",
                column: "Change",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Events_Code_Severity_ReceivedAt_Id",
                table: "Events",
                columns: new[] { "Code", "Severity", "ReceivedAt", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Events_Component_Severity_ReceivedAt_Id",
                table: "Events",
                columns: new[] { "Component", "Severity", "ReceivedAt", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Events_Sender_SenderId",
                table: "Events",
                columns: new[] { "Sender", "SenderId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Events_SerialNumber_Severity_ReceivedAt_Id",
                table: "Events",
                columns: new[] { "SerialNumber", "Severity", "ReceivedAt", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Events_SeriesInstanceUid",
                table: "Events",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Events_Severity_ReceivedAt_Id",
                table: "Events",
                columns: new[] { "Severity", "ReceivedAt", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_OpenEvents_SerialNumber_Code_Severity",
                table: "OpenEvents",
                columns: new[] { "SerialNumber", "Code", "Severity" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ChangeCounters");

            migrationBuilder.DropTable(
                name: "OpenEvents");

            migrationBuilder.DropTable(
                name: "Events");

            migrationBuilder.DropIndex(
                name: "IX_Slides_Change",
                table: "Slides");

            migrationBuilder.DropColumn(
                name: "Change",
                table: "Slides");

            migrationBuilder.DropColumn(
                name: "CriticalEvents",
                table: "ScannerHours");

            migrationBuilder.DropColumn(
                name: "Events",
                table: "ScannerHours");
        }
    }
}
