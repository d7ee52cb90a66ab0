using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Slides : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ScannerHours",
                columns: table => new
                {
                    ScannerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Hour = table.Column<long>(type: "INTEGER", nullable: false),
                    Changes = table.Column<long>(type: "INTEGER", nullable: false),
                    Images = table.Column<int>(type: "INTEGER", nullable: false),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    ScanSeconds = table.Column<double>(type: "REAL", nullable: false),
                    LongestScanSeconds = table.Column<double>(type: "REAL", nullable: false),
                    Errors = table.Column<int>(type: "INTEGER", nullable: false),
                    OnlineSeconds = table.Column<double>(type: "REAL", nullable: false),
                    ClockOffsetMin = table.Column<double>(type: "REAL", nullable: true),
                    ClockOffsetMax = table.Column<double>(type: "REAL", nullable: true),
                    ClockOffsetLast = table.Column<double>(type: "REAL", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ScannerHours", x => new { x.ScannerId, x.Hour });
                    table.ForeignKey(
                        name: "FK_ScannerHours_Scanners_ScannerId",
                        column: x => x.ScannerId,
                        principalTable: "Scanners",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Slides",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Converter = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    SerialNumber = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Step = table.Column<long>(type: "INTEGER", nullable: false),
                    Revision = table.Column<int>(type: "INTEGER", nullable: false),
                    Stage = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    Since = table.Column<long>(type: "INTEGER", nullable: false),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    Instances = table.Column<int>(type: "INTEGER", nullable: false),
                    ReceivedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    UpdatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Path = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: true),
                    Sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Slides", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_ScannerHours_Hour",
                table: "ScannerHours",
                column: "Hour");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Converter_Name",
                table: "Slides",
                columns: new[] { "Converter", "Name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ReceivedAt",
                table: "Slides",
                column: "ReceivedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_SeriesInstanceUid",
                table: "Slides",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Stage_UpdatedAt",
                table: "Slides",
                columns: new[] { "Stage", "UpdatedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_UpdatedAt",
                table: "Slides",
                column: "UpdatedAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ScannerHours");

            migrationBuilder.DropTable(
                name: "Slides");
        }
    }
}
