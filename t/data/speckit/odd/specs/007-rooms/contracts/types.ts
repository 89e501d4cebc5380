/*
export interface Hidden {}
*/
import x from "y";

export interface RoomBooking {
  id: string;
}
export type BookingResponse = RoomBooking;
export class BookingError extends Error {}
export const enum Kind { A }
export function book(id: string): void;
export function book(id: string, day: string): void;
export default async function main() {}
